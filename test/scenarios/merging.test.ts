import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Protection } from "../../src/ports/forge-admin.ts";
import { awaitReview, judgeReviews } from "../../src/roles/dev/activities/reviewing.ts";
import { type Outcome, type State, turn } from "../../src/roles/dev/machine.ts";
import type { PublishedWork } from "../../src/roles/dev/work.ts";
import {
  closeScene,
  fileNamed,
  openScene,
  postStatus,
  publishReady,
  readMain,
  review,
  scene,
  startBot,
  stopBots,
  tryCheck,
  tryMerge,
} from "../support/dev-scene.ts";
import { repo } from "../support/factory-description.ts";
import type { Files } from "../support/test-bot.ts";
import { until } from "../support/test-factory.ts";

/** How the primary branch is protected, while a test has it otherwise. */
let usual: Protection | undefined;

async function protect(change: Partial<Protection>): Promise<void> {
  const { repositories } = scene.admin;
  usual = await repositories.protection(repo, "main");
  if (!usual) throw new Error("main is not protected");
  await repositories.protect(repo, { ...usual, ...change });
}

beforeAll(openScene);
afterEach(async () => {
  stopBots();
  if (usual) await scene.admin.repositories.protect(repo, usual);
  usual = undefined;
});
afterAll(closeScene);

test("what is green and approved is merged as exactly that head", async () => {
  const dev = startBot("dev-1");
  const work = await publishReady(dev, "plain", fileNamed("plain"));

  expect(await tryMerge(dev, work)).toEqual({ type: "merged" });

  expect(await readMain()).toBe(work.head);
  expect(await tryMerge(dev, work)).toEqual({ type: "merged" });
});

test("of two changes that are each green alone the second is rebased and checked again, never merged as it was", async () => {
  const [one, other] = [startBot("dev-1"), startBot("dev-2")];
  const first = await publishReady(one, "first", fileNamed("first"));
  const second = await publishReady(other, "second", fileNamed("second"));

  expect(await tryMerge(one, first)).toEqual({ type: "merged" });
  const outcome = await tryMerge(other, second);

  if (outcome.type !== "rebased") throw new Error(outcome.type);
  expect(await readMain()).toBe(first.head);
  const rebased = { ...second, head: outcome.head, pushed: outcome.head };
  expect(await tryMerge(other, rebased)).toMatchObject({ type: "refused", cause: "checks" });
  await postStatus(outcome.head, "failure");
  expect(await tryCheck(other, rebased)).toMatchObject({ type: "red" });
  await postStatus(outcome.head, "success");
  expect(await tryMerge(other, rebased)).toEqual({ type: "merged" });
  expect(await readMain()).toBe(outcome.head);
});

const list = (first: string, last: string): Files => ({
  "src/list.txt": `${[first, ...Array.from({ length: 20 }, (_, at) => `line ${at}`), last].join("\n")}\n`,
});

test("a rebase that makes the approval stale goes back to review, and merges with a new one", async () => {
  const dev = startBot("dev-1");
  const other = startBot("dev-2");
  expect(await tryMerge(dev, await publishReady(dev, "list", list("a", "z")))).toEqual({
    type: "merged",
  });
  const top = await publishReady(dev, "top", list("A", "z"));
  const end = await publishReady(other, "end", list("a", "Z"));
  expect(await tryMerge(dev, top)).toEqual({ type: "merged" });

  const outcome = await tryMerge(other, end);
  if (outcome.type !== "rebased") throw new Error(outcome.type);
  const rebased = { ...end, head: outcome.head, pushed: outcome.head };
  await postStatus(outcome.head, "success");

  const reviews = scene.forge.reviews(repo);
  expect(judgeReviews(await reviews.of(end.pull), outcome.head)).toEqual({ type: "undecided" });
  expect(await tryMerge(other, rebased)).toMatchObject({ type: "refused", cause: "approvals" });
  const awaited = awaitReview(other.tools, { at: "reviewing", work: rebased }, other.signal);
  await review(rebased);
  expect(await awaited).toEqual({ type: "approved" });
  expect(await tryMerge(other, rebased)).toEqual({ type: "merged" });
});

function approveAsPerson({ pull, head }: PublishedWork): Promise<void> {
  const one = { verdict: "approved", sha: head, body: "", comments: [] } as const;
  return scene.forge.reviews(repo).submit(pull, one);
}

/** What the bot does after this end of a merge. */
function turnAfter(outcome: Outcome<"merging">, work: PublishedWork): Promise<State> {
  const activities = { merging: async () => outcome } as never;
  const limits = { ciFixes: 1, reviewRounds: 1, infrastructureRetries: 1, mergeAttempts: 2 };
  const context = { activities, budget: { ...limits, attempts: 1 } };
  return turn({ at: "merging", work }, context, new AbortController().signal);
}

interface Refused {
  readonly cause: string;
  readonly at: State["at"];
  readonly changes?: Files;
  readonly prepare: (work: PublishedWork) => Promise<void>;
}

test.each<Refused>([
  { cause: "checks", at: "checking", prepare: review },
  { cause: "approvals", at: "reviewing", prepare: ({ head }) => postStatus(head, "success") },
  {
    cause: "changes-requested",
    at: "reviewing",
    prepare: async (work) => {
      await postStatus(work.head, "success");
      await review(work, "changes-requested");
      await approveAsPerson(work);
    },
  },
  {
    cause: "dependencies",
    at: "blocked",
    prepare: async (work) => {
      await postStatus(work.head, "success");
      await review(work);
      const issue = { title: "First this", body: "", labels: [] };
      const { number } = await scene.forge.issues(repo).open(issue);
      await scene.view.addDependency(work.pull, number);
    },
  },
  {
    cause: "forbidden",
    at: "blocked",
    prepare: async (work) => {
      await postStatus(work.head, "success");
      await review(work);
      await protect({ mergers: [] });
    },
  },
  {
    cause: "protected-files",
    at: "blocked",
    changes: { "deploy/live.txt": "on\n" },
    prepare: async (work) => {
      await postStatus(work.head, "success");
      await review(work);
    },
  },
])(
  "a forge that refuses a merge for $cause has merged nothing, and the bot goes to $at",
  async ({ cause, at, changes = fileNamed(cause), prepare }) => {
    const dev = startBot("dev-1");
    const main = await readMain();
    const work = await dev.start(cause, changes);
    await prepare(work);

    const outcome = await tryMerge(dev, work);

    expect(outcome).toMatchObject({ type: "refused", cause });
    expect(await readMain()).toBe(main);
    expect((await turnAfter(outcome, work)).at).toBe(at);
  },
);

test("a pull request that a person made a draft is refused by the forge and left by the bot: nothing is merged, the bot goes to blocked", async () => {
  const dev = startBot("dev-1");
  const main = await readMain();
  // Marked in the issue's title, it is made inert when the bot opens its pull request.
  const work = await publishReady(dev, "WIP: not yet", fileNamed("draft"));
  expect(await scene.forge.pulls(repo).get(work.pull)).toMatchObject({ isDraft: false });
  await scene.forge.pulls(repo).retitle(work.pull, "WIP: not yet");

  const refused = { type: "refused", cause: "draft" };
  expect(await scene.as("dev-1").pulls(repo).merge(work.pull, work.head)).toMatchObject(refused);
  const outcome = await tryMerge(dev, work);

  expect(outcome).toMatchObject({ type: "stuck", cause: "pull-draft" });
  expect(await readMain()).toBe(main);
  expect((await turnAfter(outcome, work)).at).toBe("blocked");
});

test("who asked for changes and did not look again is asked to, once for each head", async () => {
  const dev = startBot("dev-1");
  const work = await dev.start("asked", fileNamed("asked"));
  await review(work, "changes-requested");
  const head = await dev.push(work, fileNamed("answer"));
  const answered = { ...work, head };
  await until("the forge has seen it", async () => {
    return (await scene.forge.pulls(repo).get(work.pull)).headSha === head;
  });

  const ended = awaitReview(dev.tools, { at: "reviewing", work: answered }, dev.signal);
  const issues = scene.forge.issues(repo);
  const said = await until("it is asked", async () => {
    const found = await issues.comments(work.pull);
    return found.length > 0 && found;
  });
  await review(answered);

  expect(await ended).toEqual({ type: "approved" });
  expect(said.map(({ body }) => body.split(":")[0])).toEqual(["review-1"]);
  expect(await issues.comments(work.pull)).toHaveLength(1);
});

test("where two approvals are asked for, the first one spends no try to merge", async () => {
  const dev = startBot("dev-1");
  await protect({ requiredApprovals: 2 });
  const work = await publishReady(dev, "twice", fileNamed("twice"));
  let looks = 0;
  const sleep = async () => {
    looks += 1;
    if (looks === 2) await approveAsPerson(work);
  };
  const tools = { ...dev.tools, clock: { ...dev.tools.clock, sleep } };

  const outcome = await awaitReview(tools, { at: "reviewing", work }, dev.signal);

  expect(outcome).toEqual({ type: "approved" });
  expect(looks).toBe(2);
  expect(await tryMerge(dev, work)).toEqual({ type: "merged" });
});

test("a person's push is gone on with, whatever the bot was doing", async () => {
  const dev = startBot("dev-1");
  const work = await publishReady(dev, "moved", fileNamed("moved"));
  const head = await dev.push(work, fileNamed("by-hand"));

  const moved = { type: "moved", head };
  expect(await tryMerge(dev, work)).toEqual(moved);
  await postStatus(work.head, "pending");
  expect(await tryCheck(dev, work)).toEqual(moved);
});

test("a change that is published late is laid on a person's commits, never over them", async () => {
  const dev = startBot("dev-1");
  const work = await dev.start("shared", fileNamed("shared"));
  const head = await dev.push(work, fileNamed("theirs"));
  const base = await readMain();
  const prepared = { ...work, base, start: work.head };

  const published = await dev.publish(prepared, fileNamed("ours"));

  const { objects } = dev.target.mirror;
  expect(await objects.contains(published.head, head)).toBe(true);
  expect(published.pull).toBe(work.pull);
  const diff = await objects.diff(base, published.head);
  for (const name of ["shared", "theirs", "ours"]) expect(diff).toContain(`+++ b/src/${name}.txt`);
  // Again, as after a kill between the push and the journal.
  expect((await dev.publish(prepared, fileNamed("ours"))).head).toBe(published.head);
});

test("a pull request that a person closed stays the issue's only one", async () => {
  const dev = startBot("dev-1");
  const work = await dev.start("closed", fileNamed("closed"));
  await scene.forge.pulls(repo).close(work.pull);

  const reason = expect.stringContaining(`#${work.pull} was closed`);
  const stuck = { type: "stuck", cause: "pull-closed", reason };
  expect(await tryMerge(dev, work)).toEqual(stuck);
  const { pull: _, ...unknown } = { ...work, base: await readMain(), start: work.head };
  expect(await dev.tryPublish(unknown, fileNamed("again"))).toEqual(stuck);
});

test("a merge by a person is noticed", async () => {
  const dev = startBot("dev-1");
  const work = await publishReady(dev, "by hand", { "deploy/by-hand.txt": "on\n" });
  expect(await tryMerge(dev, work)).toMatchObject({ cause: "protected-files" });

  await scene.view.forceMerge(work.pull, work.head);

  expect(await tryMerge(dev, work)).toEqual({ type: "merged" });
});
