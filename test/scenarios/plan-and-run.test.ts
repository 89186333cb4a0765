import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localCoder, localReviewer, TestFactory } from "../support/test-factory.ts";

let factory: TestFactory;

beforeEach(async () => {
  factory = await TestFactory.create({
    env: { DISINTO_ENGINE: "local" },
    coder: localCoder,
    reviewer: localReviewer,
    devBots: ["dev-a"],
  });
});
afterEach(() => factory.end());

interface Steps {
  readonly steps: readonly object[];
  readonly identities: readonly object[];
}

async function stepsOf(...args: readonly string[]): Promise<Steps> {
  return JSON.parse(await factory.disintoOrThrow(...args, "--json")) as Steps;
}

test("plan before init shows a bot that has no credentials yet, and says that init makes them", async () => {
  const { exitCode, stdout, stderr } = await factory.disinto("plan");
  const up = await factory.disinto("up");

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^\+ service agents-llama-dev-a +new in LLAMA_BOTS \(\.env:2\)$/m);
  expect(stderr).toMatch(/FORGE_TOKEN_DEV_A \(agents-llama-dev-a\).*; before up: disinto init$/m);
  expect(up.exitCode).toBe(2);
});

test("a dry run and the run that follows tell the same steps: of init, of up, and of a bot more", async () => {
  const planned = await stepsOf("init", factory.repository, "--dry-run");
  const done = await stepsOf("init", factory.repository);
  const plannedUp = await stepsOf("up", "--dry-run");
  const doneUp = await stepsOf("up");
  const env = path.join(factory.folder, ".env");
  await writeFile(env, (await readFile(env, "utf8")).replace('"dev-a"', '"dev-a dev-b"'));
  const project = path.join(factory.folder, "projects/greeter.toml");
  const section = '[agents.dev-b]\nharness = "command"\ncommand = ["/bin/true"]\n';
  await writeFile(project, `${await readFile(project, "utf8")}${section}`);
  const preview = await stepsOf("plan");
  const plannedMore = await stepsOf("init", "--dry-run");
  const doneMore = await stepsOf("init");
  const plannedMoreUp = await stepsOf("up", "--dry-run");

  expect(done.steps).toEqual(planned.steps);
  expect(planned.steps.length).toBeGreaterThan(10);
  expect(doneUp.steps).toEqual(plannedUp.steps);
  expect(doneMore.steps).toEqual(plannedMore.steps);
  expect(preview.identities).toEqual(doneMore.steps);
  // `init` has written the generated file meanwhile.
  expect(preview.steps.slice(1)).toEqual(plannedMoreUp.steps);
  expect(JSON.stringify(preview.steps)).toContain("agents-llama-dev-b");
  expect((await stepsOf("up")).steps).toEqual(plannedMoreUp.steps);
});

test("an issue that is not there is said, with --json as an object, and init without a terminal asks nothing of a factory", async () => {
  await factory.disintoOrThrow("init", factory.repository);

  const plain = await factory.disinto("issue", "99");
  const json = await factory.disinto("issue", "99", "--json");
  const again = await factory.disinto("init");

  expect(plain).toMatchObject({ exitCode: 1, stdout: "" });
  expect(plain.stderr).toMatch(/^disinto: greeter has no issue #99\n {2}hint: disinto status/);
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout)).toEqual({
    error: {
      code: "forge.not-found",
      message: "greeter has no issue #99",
      hint: "disinto status lists the issues that wait",
    },
  });
  expect(json.stderr).toBe(plain.stderr);
  expect(again).toMatchObject({ exitCode: 0 });
});
