import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { buildForgeAdmin } from "../../src/adapters/forgejo/forge-admin.ts";
import { hasEarlierVersion, Installation } from "../support/earlier-version.ts";
import { localCoder, localReviewer, repo, TestFactory, until } from "../support/test-factory.ts";

let factory: TestFactory;

afterEach(() => factory?.end());

/** Writes what the issue asks for once the gate is there, however often it is started before. */
const gatedCoder = (gate: string) => `
  import { existsSync } from "node:fs";
  import { setTimeout as sleep } from "node:timers/promises";
  while (!existsSync(${JSON.stringify(gate)})) await sleep(50);
  await import(${JSON.stringify(localCoder[1])});
`;

interface Made {
  readonly installation: Installation;
  readonly gate: string;
}

/** One of the version before, with an issue at which its bot is working. */
async function makeWithEarlierVersion(): Promise<Made> {
  const coder: string[] = [process.execPath];
  factory = await TestFactory.create({
    env: { DISINTO_ENGINE: "local" },
    coder,
    reviewer: localReviewer,
    devBots: ["dev-qwen"],
  });
  const gate = path.join(factory.folder, "gate");
  const script = path.join(factory.folder, "coder.mjs");
  await writeFile(script, gatedCoder(gate));
  const file = path.join(factory.folder, "projects/greeter.toml");
  const text = await readFile(file, "utf8");
  const whole = JSON.stringify([...coder, script]);
  await writeFile(file, text.replace(JSON.stringify(coder), whole));
  const installation = await Installation.ofEarlierVersion(path.join(factory.folder, "installed"));
  await done(installation, "init", factory.repository);
  await factory.fileIssues(await factory.forge(), ["farewell"]);
  await done(installation, "up");
  await until("the bot is coding", async () =>
    (await factory.events("agents-llama-dev-qwen")).some(({ at }) => at === "coding"),
  );
  return { installation, gate };
}

async function done(installation: Installation, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await installation.disinto(factory.folder, ...args);
  expect(exitCode, `${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
  return `${stdout}${stderr}`;
}

/** What an upgrade must leave: values of `.env`, tokens, what services are told, and whose the claim is. */
async function look() {
  const environment = await factory.environment();
  const admin = { login: repo.owner, password: environment.get("FORGE_ADMIN_PASS") ?? "" };
  const { tokens } = buildForgeAdmin({ url: factory.forgeUrl, admin });
  const listed = ["dev-qwen", "reviewer", "ci"].map(
    async (login) => [login, await tokens.list(login)] as const,
  );
  const services = await readFile(
    path.join(factory.folder, ".disinto/local/services.json"),
    "utf8",
  );
  const { refs } = await factory.history();
  return {
    variables: Object.fromEntries(environment),
    tokens: Object.fromEntries(await Promise.all(listed)),
    told: (JSON.parse(services) as { services: Record<string, object> }).services,
    claims: [...refs.keys()].filter((ref) => ref.startsWith("refs/disinto/claims/")),
    project: await readFile(path.join(factory.folder, "projects/greeter.toml"), "utf8"),
  };
}

async function readPid(service: string): Promise<number> {
  const file = path.join(factory.folder, ".disinto/local", service, "process.json");
  return (JSON.parse(await readFile(file, "utf8")) as { identity: { pid: number } }).identity.pid;
}

const services = ["forgejo", "ci", "agents-llama-dev-qwen", "agents-reviewer"];

test.skipIf(!(await hasEarlierVersion()))(
  "a factory of the version before, upgraded while a bot codes, keeps everything and merges what was begun",
  async () => {
    const { installation, gate } = await makeWithEarlierVersion();
    const before = await look();
    await installation.upgrade();

    await done(installation, "init");
    const pids = await Promise.all(services.map(readPid));
    const planned = await done(installation, "plan");
    await done(installation, "up");

    const after = await look();
    expect(after).toMatchObject(before);
    const replaced = [...planned.matchAll(/^[~+-] (.*)$/gm)].map(([, step]) => step);
    for (const step of replaced) expect(step).toMatch(/^(file|service) /);
    const lines = planned.split("\n");
    for (const name of services.slice(1))
      expect(lines.find((line) => line.includes(` service ${name} `))).toMatch(/program changed/);
    const upgraded = await Promise.all(services.map(readPid));
    // The forge was replaced by `init`, which needs one that knows what it asks.
    expect(upgraded.map((pid, at) => pid === pids[at])).toEqual([true, false, false, false]);
    expect(await done(installation, "up")).toBe("nothing to do\n");
    expect(await done(installation, "init")).toContain("nothing to do: the forge matches");

    await writeFile(gate, "");
    const forge = await factory.forge();
    await until("the issue is closed", async () => {
      return (await forge.issues(repo).get(1)).state === "closed";
    });
    const { commits, refs } = await factory.history();
    expect(commits.map(({ subject }) => subject)).toEqual(["Add farewell", "A greeter"]);
    expect(await forge.pulls(repo).get(2)).toMatchObject({ author: "dev-qwen", merged: true });
    expect([...refs.keys()].filter((ref) => ref.startsWith("refs/heads/"))).toEqual([
      "refs/heads/main",
    ]);
  },
);
