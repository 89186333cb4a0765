/** Each recorded answer of a real Woodpecker, through the adapter that bots use. */
import { afterEach, expect, test } from "vitest";
import { recorded, StandInWoodpecker } from "../../../test/support/stand-in-woodpecker.ts";
import { systemClock } from "../../adapters/system-clock.ts";
import { followRun, RunReader } from "../run-reader.ts";
import { buildCiRuns } from "./ci-runs.ts";
import { WoodpeckerHttp } from "./http.ts";

let ci: StandInWoodpecker | undefined;

afterEach(() => ci?.close());

/** What the adapter makes of a commit whose run was as it was recorded. */
async function ask(names: readonly string[], context: string) {
  ci = new StandInWoodpecker(names);
  await ci.serve();
  for (const _ of names) await ci.tell("pull_request", "sha");
  const runs = buildCiRuns({
    access: { url: ci.url, token: ci.token },
    repo: { owner: "root", name: "shop" },
    primaryBranch: "main",
    needsWebhook: true,
    clock: { ...systemClock, sleep: async () => {} },
    redact: (text) => text,
  });
  const red = { context, state: "failure", description: "Pipeline failed" } as const;
  const [explained] = await runs.explain("sha", [red]);
  const [missing] = await runs.findMissing("sha", [context]);
  return { explained, missing };
}

const context = "ci/woodpecker/pr/test";

test.each([
  ["red", "real", "not ok 1 adds"],
  ["no image", "infrastructure", "absent.invalid"],
  ["not YAML", "real", "compiler: yaml: line 3"],
  ["old syntax", "real", "Invalid or missing `steps` section"],
  ["unknown key", "real", "linter: Invalid or missing image (test: steps.test)"],
  ["missing secret", "real", 'secret "absent_secret" not found'],
  ["may fail", "real", "step test ended with 1"],
  ["hang", "overdue", "context deadline exceeded"],
])("a run that was %s is %s", async (name, kind, words) => {
  const { explained } = await ask([name], context);

  expect(explained).toMatchObject({ context, kind, log: expect.stringContaining(words) });
});

test("of a matrix only the axis of the context is told", async () => {
  const { explained } = await ask(["matrix"], `${context}/2`);

  expect(explained).toMatchObject({ kind: "real", log: expect.stringContaining("ended with 5") });
});

test("a second run that its time limit ended is the change's", async () => {
  expect((await ask(["hang", "hang"], context)).explained).toMatchObject({
    kind: "real",
    log: expect.stringContaining("as it did the run before"),
  });
});

test.each([
  ["not YAML", "broken"],
  ["old syntax", "broken"],
  ["unknown key", "broken"],
  ["missing secret", "broken"],
  ["left out", "left-out"],
  ["all left out", "no-pipeline"],
  ["green", "status-missing"],
])("a context without a status, after a run that was %s, is %s", async (name, kind) => {
  const { missing } = await ask([name], context);

  expect(missing).toMatchObject({ context, kind });
});

test("a restart of a run that could not be begun hides nothing of why", async () => {
  const { explained } = await ask(["not YAML", "echo"], context);

  expect(explained?.log).toContain("yaml: line 3");
});

test("every answer that was recorded is used here", () => {
  const used =
    "red, green, no image, not YAML, old syntax, unknown key, missing secret, left out, all left out, may fail, matrix, hang, echo";

  expect(Object.keys(recorded).sort()).toEqual(used.split(", ").sort());
});

test("a run of Woodpecker's is shown by its steps, and asked for again by its number", async () => {
  ci = new StandInWoodpecker(["red"]);
  await ci.serve();
  await ci.tell("pull_request", "sha");
  const reader = new RunReader(new WoodpeckerHttp({ url: ci.url, token: ci.token }, undefined), {
    owner: "root",
    name: "shop",
  });
  const shown: string[] = [];
  const clock = { ...systemClock, sleep: async () => {} };
  const { signal } = new AbortController();

  const [run] = await reader.newestOf("sha");
  await followRun(reader, run?.number ?? 0, {
    clock,
    signal,
    show: (line) => void shown.push(line),
  });
  await reader.restart(run?.number ?? 0);

  expect(shown[0]).toMatch(/^── test: /);
  expect(shown).toContainEqual(expect.stringContaining("not ok 1 adds"));
  expect(shown.at(-1)).toMatch(/^run 1 \(pull_request\): failure$/);
  expect(ci.requests).toContain("POST /api/repos/1/pipelines/1");
});
