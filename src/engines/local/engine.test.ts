import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeIfChanged } from "../../apply/generated-file.ts";
import type { DesiredService } from "../../core/service.ts";
import type { Containers } from "../../ports/containers.ts";
import { renderLocal } from "./document.ts";
import { buildLocalEngine } from "./engine.ts";
import { identify, isAlive, signalGroup } from "./process-identity.ts";

/** Writes what it was told into its data folder, and lives until it is told to stop. */
const program = `
  import { writeFileSync } from "node:fs";
  writeFileSync(process.env.DATA + "/told", JSON.stringify([process.argv.slice(2), process.env]));
  setInterval(() => {}, 1000);
  if (process.argv[2] === "broken") throw new Error("no forge in sight");
  if (process.argv[2] === "stubborn") process.on("SIGTERM", () => {});
`;

let folder: string;
let engine: Containers;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-engine-"));
  await writeFile(join(folder, "program.mjs"), program);
  await writeFile(join(folder, ".env"), "TOKEN_A='s$cret'\n");
  const self = [process.execPath, join(folder, "program.mjs")] as const;
  engine = buildLocalEngine({ factory: "disinto", folder, self, graceMs: 300, watchMs: 200 });
});

afterEach(async () => {
  await engine.down({ volumes: true });
  await rm(folder, { recursive: true });
});

function service(name: string, args: readonly string[] = ["agent", "run"]): DesiredService {
  const data = join(folder, ".disinto/local", name, "data");
  return {
    name,
    kind: "bot",
    container: `disinto-${name}`,
    image: "",
    entrypoint: [],
    args,
    environment: { DATA: data },
    secrets: { FORGE_TOKEN: "TOKEN_A" },
    volumes: [{ name: `data-${name}`, path: data }],
    mounts: [],
    ports: [],
    healthCheck: undefined,
    confinement: undefined,
    limits: { memory: "1g", cpus: 1, pids: 100 },
    enabled: true,
    origin: "a test",
  };
}

async function declare(...services: readonly DesiredService[]): Promise<void> {
  await writeIfChanged(folder, engine.file, renderLocal({ name: "disinto", services }));
}

async function pidOf(name: string): Promise<number> {
  const text = await readFile(join(folder, ".disinto/local", name, "process.json"), "utf8");
  return (JSON.parse(text) as { identity: { pid: number } }).identity.pid;
}

async function waitFor<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a service runs with its arguments, its environment and its secret, and nothing of ours", async () => {
  process.env.OPERATOR_SECRET = "mine";
  await declare(service("a"));

  await engine.start(["a"]);

  const told = join(folder, ".disinto/local/a/data/told");
  const text = await waitFor(() =>
    readFile(told, "utf8").then(
      (t) => t || undefined,
      () => undefined,
    ),
  );
  const [args, environment] = JSON.parse(text) as [string[], Record<string, string>];
  expect(args).toEqual(["agent", "run"]);
  expect(environment).toMatchObject({ FORGE_TOKEN: "s$cret" });
  expect(environment).not.toHaveProperty("OPERATOR_SECRET");
});

test("starting one service leaves the others alone, and what runs matches its rendering", async () => {
  await declare(service("a"), service("b"));
  await engine.start(["a", "b"]);
  const [a, b] = [await pidOf("a"), await pidOf("b")];

  await engine.start(["b"]);

  expect(await pidOf("a")).toBe(a);
  expect(await pidOf("b")).not.toBe(b);
  const rendered = await engine.check(await readFile(join(folder, engine.file), "utf8"));
  const { containers, volumes } = await engine.observe();
  for (const { service, hash, running, name } of containers) {
    expect({ running, name }).toEqual({ running: true, name: `disinto-${service}` });
    expect(hash).toBe(rendered.get(service)?.hash);
  }
  expect([...volumes.keys()].sort()).toEqual(["data-a", "data-b"]);
});

test("what a service that is gone has left is a volume, unused once it is stopped, and can be removed", async () => {
  await declare(service("a"), service("b"));
  await engine.start(["a", "b"]);
  await declare(service("a"));

  const before = (await engine.observe()).volumes;
  await engine.remove("b");
  const after = (await engine.observe()).volumes;
  await engine.removeVolume("b/data");

  expect(Object.fromEntries(before)).toEqual({ "data-a": [], "b/data": ["b"] });
  expect(Object.fromEntries(after)).toEqual({ "data-a": [], "b/data": [] });
  expect([...(await engine.observe()).volumes.keys()]).toEqual(["data-a"]);
});

test("a changed secret changes the hash, and names the variable", async () => {
  await declare(service("a"));
  await engine.start(["a"]);
  await writeFile(join(folder, ".env"), "TOKEN_A=other\n");

  const rendered = await engine.check(await readFile(join(folder, engine.file), "utf8"));

  const [running] = (await engine.observe()).containers;
  expect(rendered.get("a")?.hash).not.toBe(running?.hash);
  const changed = [...(rendered.get("a")?.properties ?? [])].filter(
    ([key, value]) => running?.properties.get(key) !== value,
  );
  expect(changed.map(([key]) => key)).toEqual(["environment FORGE_TOKEN"]);
});

test("a process of an older build differs from what would be started, and says that its program does", async () => {
  await declare(service("a"));
  await engine.start(["a"]);
  await writeFile(join(folder, "program.mjs"), `${program}// rebuilt\n`);

  const rendered = await engine.check(await readFile(join(folder, engine.file), "utf8"));

  const [running] = (await engine.observe()).containers;
  const changed = [...(rendered.get("a")?.properties ?? [])].filter(
    ([key, value]) => running?.properties.get(key) !== value,
  );
  expect(changed.map(([key]) => key)).toEqual(["program"]);
  expect(rendered.get("a")?.hash).not.toBe(running?.hash);
});

test.each(["", "{", "[]", "null", '{"identity":{"pid":1}}'])(
  "a file of ours that holds %j is an error that names it, and without it the service starts anew",
  async (text) => {
    await declare(service("a"));
    await engine.start(["a"]);
    const pid = await pidOf("a");
    const record = join(folder, ".disinto/local/a/process.json");
    const services = join(folder, engine.file);
    const good = await readFile(services, "utf8");

    for (const file of [record, services]) {
      await writeFile(file, text);
      const hint = expect.stringContaining(`rm -r ${file}`);
      for (const act of [() => engine.observe(), () => engine.start(["a"])])
        await expect(act(), file).rejects.toMatchObject({ code: "state.invalid", hint });
      await rm(file);
      await writeFile(services, good);
    }

    await engine.start(["a"]);
    expect((await engine.observe()).containers).toMatchObject([{ service: "a", running: true }]);
    expect(await pidOf("a")).not.toBe(pid);
  },
);

test("a process that died is seen as not running", async () => {
  await declare(service("a"));
  await engine.start(["a"]);

  process.kill(await pidOf("a"), "SIGKILL");

  await waitFor(async () => (await engine.observe()).containers[0]?.running === false || undefined);
});

test("a process that ignores SIGTERM is killed when its time is over", async () => {
  await declare(service("a", ["stubborn"]));
  await engine.start(["a"]);
  const identity = await identify(await pidOf("a"));

  await engine.remove("a");

  expect(identity && (await isAlive(identity))).toBe(false);
  expect((await engine.observe()).containers).toEqual([]);
});

test("a process that has our old id but started at another time is never signalled", async () => {
  await declare(service("a"));
  await engine.start(["a"]);
  const identity = await identify(await pidOf("a"));

  await signalGroup(
    { pid: identity?.pid ?? 0, started: `${identity?.started}0` },
    "SIGKILL",
    folder,
  );

  expect(identity && (await isAlive(identity))).toBe(true);
});

test("a service that ends at once is a failure with its last words, and the others run", async () => {
  await declare(service("a"), service("b", ["broken"]));

  await expect(engine.start(["a", "b"])).rejects.toThrow(/no forge in sight/);

  const { containers } = await engine.observe();
  expect(containers.map(({ service, running }) => [service, running])).toEqual([
    ["a", true],
    ["b", false],
  ]);
});

test("a process that a killed command had no time to record gives way to the next start", async () => {
  await declare(service("a"));
  await engine.start(["a"]);
  const record = join(folder, ".disinto/local/a/process.json");
  const { identity } = JSON.parse(await readFile(record, "utf8"));
  await rm(record);

  await engine.start(["a"]);

  expect(await isAlive(identity)).toBe(false);
  expect((await engine.observe()).containers).toMatchObject([{ service: "a", running: true }]);
});
