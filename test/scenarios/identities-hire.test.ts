import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { deriveCredentialKeys } from "../../src/core/names.ts";
import { dumpFiles, dumpForge } from "../support/forge-dump.ts";
import { localCoder, localReviewer, TestFactory } from "../support/test-factory.ts";

/** One for all tests but one: each hires bots of other names. */
let factory: TestFactory;

beforeAll(async () => {
  factory = await startFactory();
});

afterAll(() => factory?.end());

async function startFactory(): Promise<TestFactory> {
  const started = await TestFactory.create({
    env: { DISINTO_ENGINE: "local" },
    coder: localCoder,
    reviewer: localReviewer,
    devBots: [],
  });
  await started.disintoOrThrow("init", started.repository);
  return started;
}

const coderFlags = ["--command", ...localCoder];

function readProject(): Promise<string> {
  return readFile(path.join(factory.folder, "projects", "greeter.toml"), "utf8");
}

async function logins(): Promise<readonly unknown[]> {
  const { tables } = await dumpForge(factory.folder);
  return (tables.users ?? []).map(({ login }) => login);
}

test("a hired bot has its section, its user, one token that works, and has proved what it may do", async () => {
  const before = await readProject();

  const ended = await factory.disinto("hire-an-agent", "ada", "dev", ...coderFlags, "--", "--slow");

  expect(ended.stderr).toContain("ada was verified as ada");
  expect(ended.stderr).toContain("next: disinto up");
  expect(ended.exitCode).toBe(0);
  const command = JSON.stringify([...localCoder, "--slow"]).replaceAll('","', '", "');
  expect(await readProject()).toBe(
    `${before}\n[agents.ada]\nroles = ["dev"]\nharness = "command"\ncommand = ${command}\n`,
  );
  const { tokens, tables } = await dumpForge(factory.folder);
  expect(tokens.filter(({ login }) => login === "ada")).toHaveLength(1);
  expect(tables.users?.find(({ login }) => login === "ada")).toMatchObject({
    admin: 0,
    may_create_organizations: 0,
  });
  const { refs } = await factory.history();
  expect([...refs.keys()].sort()).toEqual(["HEAD", "refs/heads/main"]);
});

test("hiring the same bot again changes nothing, and hiring it for another role is refused", async () => {
  await factory.disintoOrThrow("hire-an-agent", "eda", "dev", ...coderFlags);
  const before = [await dumpFiles(factory.folder), await dumpForge(factory.folder)];

  await factory.disintoOrThrow("hire-an-agent", "eda", "dev", ...coderFlags);
  const other = await factory.disinto("hire-an-agent", "eda", "review", ...coderFlags);

  expect(other).toMatchObject({ exitCode: 2 });
  expect([await dumpFiles(factory.folder), await dumpForge(factory.folder)]).toEqual(before);
});

test("a bot that would be a bad configuration is not written, nor made on the forge", async () => {
  const before = await dumpFiles(factory.folder);

  const noModel = await factory.disinto("hire-an-agent", "ida", "dev");
  const badName = await factory.disinto("hire-an-agent", "Ida", "dev", ...coderFlags);
  const badRole = await factory.disinto("hire-an-agent", "ida", "pilot", ...coderFlags);
  const badNumber = await factory.disinto("hire-an-agent", "ida", "dev", "--slots", "many");

  expect([noModel, badName, badRole, badNumber].map(({ exitCode }) => exitCode)).toEqual([
    2, 2, 2, 2,
  ]);
  expect(noModel.stderr).toContain("ida has no model");
  expect(await dumpFiles(factory.folder)).toEqual(before);
  expect(await logins()).not.toContain("ida");
});

test("each flag of hire-an-agent is one setting of the bot's section", async () => {
  const before = await readProject();
  const model = ["--local-model", "http://127.0.0.1:1/v1", "--model", "qwen", "--slots", "3"];
  const others = ["--harness", "opencode", "--poll-interval", "7", "--project", "greeter"];

  await factory.disintoOrThrow("hire-an-agent", "bob", "dev,review", ...model, ...others);

  expect((await readProject()).slice(before.length)).toBe(
    [
      "",
      "[agents.bob]",
      'roles = ["dev", "review"]',
      'harness = "opencode"',
      'base_url = "http://127.0.0.1:1/v1"',
      'model = "qwen"',
      "poll_interval = 7",
      "slots = 3",
      "",
    ].join("\n"),
  );
  const elsewhere = await factory.disinto(
    "hire-an-agent",
    "eve",
    "dev",
    ...model,
    "--project",
    "x",
  );
  expect(elsewhere).toMatchObject({ exitCode: 2 });
});

test("with --up the hired bot runs afterwards", async () => {
  const own = await startFactory();
  onTestFinished(() => own.end());

  await own.disintoOrThrow("hire-an-agent", "ada", "dev", ...coderFlags, "--up");

  expect(await own.disintoOrThrow("status")).toMatch(/agents-ada +running/);
});

test("twenty bots hired at once are twenty users with one token each, and nothing else is lost", async () => {
  const before = await dumpFiles(factory.folder);
  const tokensBefore = (await dumpForge(factory.folder)).tokens;
  const names = Array.from({ length: 20 }, (_, index) => `dev-${index + 1}`);

  const ended = await Promise.all(
    names.map((name) => factory.disinto("hire-an-agent", name, "dev", ...coderFlags)),
  );

  expect(ended.filter(({ exitCode }) => exitCode !== 0).map(({ stderr }) => stderr)).toEqual([]);
  const { tokens } = await dumpForge(factory.folder);
  expect(tokens.map(({ login }) => login).sort()).toEqual(
    [...tokensBefore.map(({ login }) => login), ...names].sort(),
  );
  expect(tokens).toEqual(expect.arrayContaining([...tokensBefore]));
  const after = await dumpFiles(factory.folder);
  for (const [file, text] of Object.entries(before))
    expect(after[file]?.startsWith(text)).toBe(true);
  const environment = await factory.environment();
  const held = names.filter((name) => {
    const keys = deriveCredentialKeys(name);
    return environment.get(keys.token) && environment.get(keys.password);
  });
  expect(held).toEqual(names);
  const again = await factory.disinto("init");
  expect(again.stderr).toContain("nothing to do");
}, 420_000);
