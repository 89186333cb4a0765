import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Forge } from "../../src/ports/forge.ts";
import { localCoder, localReviewer, repo, TestFactory, until } from "../support/test-factory.ts";

let factory: TestFactory;

afterEach(() => factory?.end());

async function start(coder: readonly string[]): Promise<Forge> {
  const devBots = ["dev-qwen"];
  const env = { DISINTO_ENGINE: "local" };
  factory = await TestFactory.create({ env, coder, reviewer: localReviewer, devBots });
  await factory.disintoOrThrow("init", factory.repository);
  const forge = await factory.forge();
  await factory.fileIssues(forge, ["farewell"]);
  await factory.disintoOrThrow("up");
  return forge;
}

const service = "agents-llama-dev-qwen";

function untilState(at: string): Promise<boolean> {
  return until(`the bot is ${at}`, async () =>
    (await factory.events(service)).some((event) => event.at === at),
  );
}

function untilClosed(forge: Forge): Promise<boolean> {
  return until(
    "the issue is closed",
    async () => (await forge.issues(repo).get(1)).state === "closed",
  );
}

async function killBot(): Promise<void> {
  const record = path.join(factory.folder, ".disinto", "local", service, "process.json");
  const { identity } = JSON.parse(await readFile(record, "utf8")) as { identity: { pid: number } };
  process.kill(identity.pid, "SIGKILL");
  await until("the kill is seen", async () =>
    /not running/.test(await factory.disintoOrThrow("status")),
  );
}

function lastRun(text: string): number {
  return Number([...text.matchAll(/^run (\d+) /gm)].at(-1)?.[1]);
}

test("a blocked issue is the first thing that status says, and after a retry it is done with fresh budgets", async () => {
  const broken = path.join(tmpdir(), `disinto-broken-${process.pid}`);
  await writeFile(broken, "");
  const [program = "", ...words] = localCoder;
  const script = `test ! -e ${broken} && exec ${program} ${words.join(" ")}`;
  const forge = await start(["/bin/sh", "-c", script]);
  await until("the issue is blocked", async () =>
    (await forge.issues(repo).get(1)).labels.includes("blocked"),
  );

  const [first = ""] = (await factory.disintoOrThrow("status")).split("\n");
  const history = await factory.disintoOrThrow("issue", "1");
  await rm(broken);
  await factory.disintoOrThrow("retry", "1");
  await untilClosed(forge);
  const again = await factory.disinto("retry", "1");

  expect(first).toMatch(/^! issue #1 of greeter is blocked \(Add farewell\): .*attempts/);
  expect(history).toMatch(/^state +open, .*blocked/m);
  expect(history).toMatch(/^comment +dev-qwen: /m);
  expect(history.match(/session\.ended .*failed/g)?.length).toBeGreaterThan(1);
  expect(again).toMatchObject({ exitCode: 2 });
  expect(again.stderr).toContain("issue #1 is closed");
});

test("an issue of a killed bot is given back when the operator confirms it, and its whole history can be read", async () => {
  const forge = await start([...localCoder, "--think-ms", "2000"]);
  await untilState("coding");
  await killBot();

  const unconfirmed = await factory.disinto("release", "1");
  const held = await factory.disintoOrThrow("issue", "1", "--json");
  await factory.disintoOrThrow("release", "1", "--yes");
  const free = await factory.disintoOrThrow("issue", "1", "--json");
  const { assignees, labels } = await forge.issues(repo).get(1);

  expect(unconfirmed).toMatchObject({ exitCode: 2 });
  expect(unconfirmed.stderr).toContain("dev-qwen holds issue #1");
  expect(JSON.parse(held)).toMatchObject({ lease: { holder: "dev-qwen" } });
  expect(JSON.parse(free).lease).toBeUndefined();
  expect({ assignees, labels }).toEqual({ assignees: [], labels: ["backlog"] });
  await factory.disintoOrThrow("up");
  await untilClosed(forge);
  const history = await factory.disintoOrThrow("issue", "1");
  expect(history).toMatch(/^pull +#2 merged by dev-qwen$/m);
  expect(history).toMatch(/reviewer +pull\.reviewed .*approve$/m);
  expect(history).toMatch(/ci\.finished .*success/);
  const log = await factory.disintoOrThrow("ci", "logs", "1");
  expect(log).toMatch(/^── test: test$/m);
  expect(log).toMatch(/^run \d+ \(pull_request\): success$/m);
  await factory.disintoOrThrow("ci", "rerun", "2");
  await until("the run is repeated", async () => {
    const { stdout } = await factory.disinto("ci", "logs", "2");
    return stdout.includes("success") && lastRun(stdout) > lastRun(log);
  });
});
