import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { basic } from "../../../test/forge-contract/test-forge.ts";
import {
  BotFixture,
  nodeScript,
  type Running,
  statesOf,
} from "../../../test/support/bot-fixture.ts";
import { sample } from "../../../test/support/soak.ts";
import { StandInWoodpecker } from "../../../test/support/stand-in-woodpecker.ts";
import { until } from "../../../test/support/test-factory.ts";

let bench: BotFixture;
let ci: StandInWoodpecker;

beforeAll(async () => {
  bench = await BotFixture.open();
});

beforeEach(() => bench.newRepository());

afterEach(() => ci.close());

afterAll(() => bench.close());

const workflow = `when:
  - event: [pull_request, push]
steps:
  - name: test
    image: node
    commands: [npm test]
`;

/** Long enough for the stand-in to have heard of what it is told. */
const POLL_MS = 300;

interface Start {
  readonly infrastructureRetries?: number;
  readonly required?: readonly string[];
  readonly workflowText?: string;
  readonly command?: readonly string[];
  readonly prepare?: (ci: StandInWoodpecker) => void;
}

/** A repository with a workflow, and one issue. */
async function start(
  answers: ConstructorParameters<typeof StandInWoodpecker>[0],
  {
    required = ["ci/woodpecker/pr/test"],
    workflowText = workflow,
    infrastructureRetries = 1,
    command,
    prepare,
  }: Start = {},
): Promise<{ readonly bot: Running; readonly issue: number }> {
  await bench.commitFile(".woodpecker/test.yml", { text: workflowText });
  ci = new StandInWoodpecker(answers);
  prepare?.(ci);
  await ci.serve(bench);
  const issue = await bench.issue("tea");
  const bot = bench.start({
    once: true,
    ...(command && { command }),
    project: {
      ci: { provider: "woodpecker", required, whenAbsent: "block" },
      limits: { ciFixes: 1, reviewRounds: 1, infrastructureRetries, mergeAttempts: 2 },
    },
    settings: { pollIntervalMs: POLL_MS, ci: { woodpecker: { url: ci.url, token: ci.token } } },
  });
  return { bot, issue };
}

function reached(bot: Running, at: string): Promise<unknown> {
  return until(`the bot is at ${at}`, async () => statesOf(bot).includes(at));
}

const resends = ({ events }: Running) => events.filter(({ type }) => type === "ci.retried");

test("a webhook that was lost is made up for by closing and opening the pull request, which stays the same", async () => {
  const { bot } = await start(["green"], {
    prepare: (ci) => {
      ci.lost = 1;
    },
  });

  await reached(bot, "reviewing");

  expect(resends(bot)).toHaveLength(1);
  expect(await bench.pulls()).toMatchObject([{ state: "open" }]);
  const { work } = (await bench.journal()) as { work: { counters: object } };
  expect(work.counters).toEqual({});
});

test("after two more tries it is a problem line; the bot waits, and goes on when the CI hears of it", async () => {
  const { bot, issue } = await start(["green"], {
    prepare: (ci) => {
      ci.lost = 99;
    },
  });
  await until("it is told", async () => bot.events.some(({ type }) => type === "ci.silent"));

  expect(bot.events.filter(({ type }) => type === "ci.silent")).toMatchObject([
    { issue, context: "ci/woodpecker/pr/test", reason: expect.stringContaining("has not heard") },
  ]);
  expect(resends(bot)).toHaveLength(2);
  const [pull] = await bench.pulls();
  await ci.tell("pull_request", String(pull?.head?.sha), bench);
  await reached(bot, "reviewing");

  expect(resends(bot)).toHaveLength(2);
});

test("what only a push can tell the CI is told by a new head of the same change", async () => {
  const { bot } = await start(["green"], {
    required: ["ci/woodpecker/push/test"],
    prepare: (ci) => {
      ci.lost = 1;
      ci.events = ["push"];
    },
  });
  await reached(bot, "checking");
  const [before] = await bench.pulls();

  await reached(bot, "reviewing");

  const [after] = await bench.pulls();
  expect(after).toMatchObject({ state: "open", number: before?.number });
  expect(ci.heard).toEqual([`push ${after?.head?.sha}`]);
  const clone = path.join(bench.folder, "log");
  await bench.git(["clone", "--quiet", "--bare", "--template=", bench.remote, clone]);
  const branch = `main..${after?.head?.sha}`;
  expect(await bench.git(["rev-list", "--count", branch], clone)).toBe("1\n");
});

test("a bot that was killed between closing and opening opens it again; a person's closing is theirs", async () => {
  const { bot, issue } = await start(["green"], {
    prepare: (ci) => {
      ci.lost = 99;
    },
  });
  await reached(bot, "checking");
  bot.kill();
  const [pull] = await bench.pulls();
  const asBot = bench.forge.as(basic("bot", "bot-password"));
  await asBot("PATCH", `${bench.repositoryPath}/pulls/${pull?.number}`, { state: "closed" });

  ci.lost = 0;
  const again = bench.start({
    once: true,
    project: {
      ci: { provider: "woodpecker", required: ["ci/woodpecker/pr/test"], whenAbsent: "block" },
    },
    settings: { pollIntervalMs: POLL_MS, ci: { woodpecker: { url: ci.url, token: ci.token } } },
  });
  await reached(again, "reviewing");
  expect(await bench.pulls()).toMatchObject([{ state: "open" }]);

  await bench.ada("PATCH", `${bench.repositoryPath}/pulls/${pull?.number}`, { state: "closed" });
  await again.ended;
  expect(await bench.labelsOf(issue)).toEqual(["blocked"]);
});

/** What a CI says of a run that it cannot begin. */
const unbegun = [
  ["not YAML", "compiler: yaml: line 3: did not find expected '-' indicator"],
  ["old syntax", "Invalid or missing `steps` section"],
  ["unknown key", "linter: Invalid or missing image (test: steps.test)"],
  ["missing secret", 'secret "absent_secret" not found'],
  ["left out", "pipeline 1 ran other, and no workflow of this name"],
] as const;

test.each(sample(unbegun, 0.5))(
  "a run that cannot be begun (%s) is told as what it is, and is a person's where the change leaves CI alone",
  async (name, words) => {
    const { bot, issue } = await start([name]);

    await bot.ended;

    expect(await bench.labelsOf(issue)).toEqual(["blocked"]);
    const said = (await bench.commentsOf(issue)).at(-1);
    expect(said).toContain(
      "ci/woodpecker/pr/test is red for want of a tool or by its configuration",
    );
    expect(said).toContain(words);
    expect(resends(bot)).toEqual([]);
  },
);

test.each([
  ["tag", workflow.replace("[pull_request, push]", "tag"), 'its "when" leaves out pull_request'],
  ["another file", "steps: []", undefined],
])("what the commit's own files leave out is told, not waited for (%s)", async (_, text, words) => {
  const required = words === undefined ? ["ci/woodpecker/pr/lint"] : ["ci/woodpecker/pr/test"];
  const { bot, issue } = await start(["all left out"], { workflowText: text, required });

  await bot.ended;

  const said = (await bench.commentsOf(issue)).at(-1);
  expect(said).toContain(words ?? "this commit has no workflow file of this name");
  expect(resends(bot)).toEqual([]);
});

test("a pull request that a person retitled with [skip ci] is theirs to answer", async () => {
  const { bot, issue } = await start(["all left out"]);
  await reached(bot, "checking");
  const [pull] = await bench.pulls();
  const title = { title: "tea [skip ci]" };
  await bench.ada("PATCH", `${bench.repositoryPath}/pulls/${pull?.number}`, title);

  await bot.ended;

  expect((await bench.commentsOf(issue)).at(-1)).toContain("says that no CI is wanted");
});

test("a run whose end the forge was never told is done again", async () => {
  const { bot } = await start([{ name: "green", isTold: false }, "green"]);

  await reached(bot, "reviewing");

  expect(ci.requests.filter((one) => one.startsWith("POST"))).toEqual([
    "POST /api/repos/1/pipelines/1",
  ]);
});

test("a run that its time limit ended is done again once, without a session; the second time it is the change's", async () => {
  const command = nodeScript(
    'fs.appendFileSync(process.env.PROMPTS ?? "/dev/null", ""); fs.writeFileSync("tea.txt", prompt.includes("time limit ended it, as it did the run before") ? "quick\\n" : "slow\\n");',
  );
  const { bot } = await start(["hang", "hang", "green"], { command });

  await reached(bot, "reviewing");

  expect(statesOf(bot).filter((at) => at === "coding")).toHaveLength(2);
  expect(await bench.fileOn("fix/issue-1", "tea.txt")).toBe("quick\n");
});

test("runs that the CI cannot do wait before they are done again, longer each time", async () => {
  const { bot, issue } = await start(["no image"], { infrastructureRetries: 3 });
  await bot.ended;

  const times = bot.events.flatMap(({ type, time }) =>
    type === "ci.retried" ? [Date.parse(String(time))] : [],
  );
  const [first = 0, second = 0, third = 0] = times;
  expect(times).toHaveLength(3);
  expect(second - first).toBeGreaterThanOrEqual(2 * POLL_MS);
  expect(third - second).toBeGreaterThanOrEqual(4 * POLL_MS);
  expect(await bench.labelsOf(issue)).toEqual(["blocked"]);
});
