import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Forge } from "../../src/ports/forge.ts";
import { dumpFiles, dumpForge } from "../support/forge-dump.ts";
import { localCoder, localReviewer, repo, TestFactory, until } from "../support/test-factory.ts";

let factory: TestFactory;

afterEach(() => factory?.end());

async function startFactory(...devBots: readonly string[]): Promise<Forge> {
  factory = await TestFactory.create({
    env: { DISINTO_ENGINE: "local" },
    coder: localCoder,
    reviewer: localReviewer,
    devBots,
  });
  await factory.disintoOrThrow("init", factory.repository);
  return factory.forge();
}

function hire(name: string, ...flags: readonly string[]): Promise<string> {
  const command = ["--command", ...localCoder, "--poll-interval", "0.5"];
  return factory.disintoOrThrow("hire-an-agent", name, "dev", ...command, ...flags);
}

function untilAt(service: string, state: string): Promise<boolean> {
  return until(`${service} is ${state}`, async () =>
    (await factory.events(service)).some(({ at }) => at === state),
  );
}

/** A bot that waits for a review that nobody gives, with a lease, a branch and a pull request. */
async function hireAtWork(forge: Forge): Promise<void> {
  await factory.fileIssues(forge, ["farewell"]);
  await hire("ada", "--up");
  await untilAt("agents-ada", "reviewing");
}

async function leases(): Promise<readonly string[]> {
  const { refs } = await factory.history();
  return [...refs.keys()].filter((ref) => ref.startsWith("refs/disinto/"));
}

test("a fired bot's issue returns to the backlog, its pull request stays, and of itself nothing is left", async () => {
  const forge = await startFactory();
  const before = await dumpFiles(factory.folder);
  await hireAtWork(forge);
  expect(await leases()).toEqual(["refs/disinto/claims/1"]);

  await factory.disintoOrThrow("fire", "ada");

  expect(await leases()).toEqual([]);
  expect(await forge.issues(repo).get(1)).toMatchObject({
    state: "open",
    labels: ["backlog"],
    assignees: [],
  });
  expect(await forge.pulls(repo).get(2)).toMatchObject({ state: "open", merged: false });
  expect(await dumpFiles(factory.folder)).toEqual(before);
  const { tables, tokens } = await dumpForge(factory.folder);
  expect(tables.users?.map(({ login }) => login)).not.toContain("ada");
  expect(tokens.map(({ login }) => login)).not.toContain("ada");
  expect(await factory.disintoOrThrow("status")).not.toContain("agents-ada");
  expect((await factory.disinto("init")).stderr).toContain("nothing to do");
});

test("the issue of a fired bot is taken and merged by the next one", async () => {
  const forge = await startFactory("dev-qwen");
  await hireAtWork(forge);

  await factory.disintoOrThrow("fire", "ada");
  await factory.disintoOrThrow("up");
  await until(
    "issue #1 is closed",
    async () => (await forge.issues(repo).get(1)).state === "closed",
  );

  const { commits } = await factory.history();
  expect(commits.map(({ subject }) => subject)).toEqual(["Add farewell", "A greeter"]);
});

test("one of several llama bots is fired: its word leaves the list, its user may stay, its volumes may go", async () => {
  await startFactory("dev-a", "dev-b", "dev-c");
  const { tokens } = await dumpForge(factory.folder);
  const env = await readFile(path.join(factory.folder, ".env"), "utf8");

  await factory.disintoOrThrow("fire", "dev-b", "--keep-user", "--purge");

  const after = await dumpForge(factory.folder);
  expect(after.tables.users?.map(({ login }) => login)).toContain("dev-b");
  expect(after.tokens).toEqual(tokens.filter(({ login }) => login !== "dev-b"));
  const collaborators = after.tables.collaborators?.length ?? 0;
  expect(collaborators).toBeGreaterThan(0);
  const kept = env
    .replace('LLAMA_BOTS="dev-a dev-b dev-c"', "LLAMA_BOTS='dev-a dev-c'")
    .split("\n")
    .filter((line) => !/_DEV_B=/.test(line));
  expect(await readFile(path.join(factory.folder, ".env"), "utf8")).toBe(kept.join("\n"));
  expect((await factory.disinto("init")).stderr).toContain("nothing to do");
});

test("a forge that was stopped before is stopped again, and prune finds what the bot has left", async () => {
  await startFactory("dev-a", "dev-b");
  await factory.disintoOrThrow("up");
  const down = await factory.disinto("down");

  const { stderr } = await factory.disinto("fire", "dev-b");

  const spare = await factory.disintoOrThrow("prune");
  expect(down.stderr).toMatch(/^\d services stopped$/m);
  expect(stderr).toContain("the forge is stopped again");
  expect(await factory.disintoOrThrow("status")).toMatch(/^forgejo +missing/m);
  expect(spare).toMatch(/^agents-llama-dev-b\/\S+ +unused$/m);
});

test("to fire whom nobody knows is a usage error that names the bots", async () => {
  await startFactory("dev-qwen");

  const { exitCode, stderr } = await factory.disinto("fire", "dev-qwem");

  expect(exitCode).toBe(2);
  expect(stderr).toContain("dev-qwen");
});

test("rotated credentials replace the old ones, and the bot goes on with its pull request", async () => {
  const forge = await startFactory("dev-qwen");
  await hireAtWork(forge);
  const before = await dumpForge(factory.folder);
  const old = await factory.environment();

  await factory.disintoOrThrow("rotate", "ada");

  const after = await dumpForge(factory.folder);
  const others = ({ tokens }: typeof after) => tokens.filter(({ login }) => login !== "ada");
  expect(others(after)).toEqual(others(before));
  expect(after.tokens.filter(({ login }) => login === "ada")).toMatchObject([
    { name: "disinto-2" },
  ]);
  const renewed = await factory.environment();
  for (const key of ["FORGE_TOKEN_ADA", "FORGE_PASS_ADA"])
    expect(renewed.get(key)).not.toBe(old.get(key));
  await factory.disintoOrThrow("up");
  await until(
    "issue #1 is closed",
    async () => (await forge.issues(repo).get(1)).state === "closed",
  );
  expect(await forge.pulls(repo).get(2)).toMatchObject({ author: "ada", merged: true });
});

test("a disabled bot is gone and stays gone until it is enabled again", async () => {
  await startFactory("dev-a", "dev-b");
  await factory.disintoOrThrow("up");

  await factory.disintoOrThrow("agent", "disable", "dev-a");
  await factory.disintoOrThrow("up");
  const disabled = await factory.disintoOrThrow("agent", "status", "dev-a");
  await factory.disintoOrThrow("agent", "enable", "dev-a");
  const enabled = await factory.disintoOrThrow("agent", "status", "--all");

  expect(disabled).toMatch(/^dev-a +disabled/);
  expect(disabled).not.toContain("dev-b");
  expect(enabled).toMatch(/^dev-a +running/);
  expect(enabled).toMatch(/^dev-b +running/m);
});

test("agents shows role, harness, forge user and service, and which credentials the forge accepts", async () => {
  await startFactory("dev-a", "dev-b");
  const admin = (await factory.environment()).get("FORGE_ADMIN_PASS") ?? "";
  await revokeTokens("dev-b", admin);

  const { agents } = JSON.parse(await factory.disintoOrThrow("agents", "--json")) as {
    agents: readonly Record<string, unknown>[];
  };

  expect(agents).toMatchObject([
    { name: "dev-a", roles: ["dev"], harness: "command", forgeUser: "dev-a", state: "missing" },
    { name: "dev-b", credentials: "refused" },
    { name: "reviewer", roles: ["review"], credentials: "valid", service: "agents-reviewer" },
  ]);
});

async function revokeTokens(login: string, password: string): Promise<void> {
  const basic = Buffer.from(`${repo.owner}:${password}`).toString("base64");
  const url = `${factory.forgeUrl}/api/v1/users/${login}/tokens/disinto-1`;
  const answer = await fetch(url, {
    method: "DELETE",
    headers: { authorization: `Basic ${basic}` },
  });
  expect(answer.status).toBe(204);
}
