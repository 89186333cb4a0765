import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { check } from "../../src/bot/activities/checking.ts";
import { merge } from "../../src/bot/activities/merging.ts";
import { awaitReview, judgeReviews } from "../../src/bot/activities/reviewing.ts";
import { leaveLaneAfter } from "../../src/bot/lane.ts";
import { type Outcome, type State, turn } from "../../src/bot/machine.ts";
import type { PublishedWork } from "../../src/bot/work.ts";
import type { Status } from "../../src/ports/forge.ts";
import { type Files, Player } from "../support/player.ts";
import { repo, Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template;
let scene: Scene;
let players: Player[] = [];

beforeAll(async () => {
  template = await Template.create({
    devs: ["dev-1", "dev-2"],
    reviewers: ["review-1"],
    project: ['protected_paths = ["deploy/**"]'],
  });
  scene = await Scene.open(template);
});

afterEach(() => {
  for (const player of players) player.die();
  players = [];
});

afterAll(async () => {
  await scene?.close();
  await template?.discard();
});

let lives = 0;

/** Each in folders of its own: one test's bot is not an earlier life of another's. */
function play(name: string, environment: Readonly<Record<string, string>> = {}): Player {
  const home = `${scene.folder}/life-${++lives}`;
  // Statuses are posted by the test: there are no runs to ask for.
  const folders = { AGENT_DATA: `${home}/data`, AGENT_REPOS: `${home}/repos`, CI_TOKEN: "" };
  const player = new Player(scene, name, { environment: { ...folders, ...environment } });
  players.push(player);
  return player;
}

const files = (name: string): Files => ({ [`src/${name}.txt`]: `${name}\n` });

function post(sha: string, state: Status["state"]): Promise<void> {
  const status = { context: "ci/local/test", state, description: `it is ${state}` };
  return scene.as("ci").statuses(repo).post(sha, status);
}

function review(
  { pull, head }: PublishedWork,
  verdict: "approved" | "changes-requested" = "approved",
): Promise<void> {
  const one = { verdict, sha: head, body: "I read it", comments: [] };
  return scene.as("review-1").reviews(repo).submit(pull, one);
}

/** Green and approved. */
async function ready(player: Player, title: string, changes: Files): Promise<PublishedWork> {
  const work = await player.start(title, changes);
  await post(work.head, "success");
  await review(work);
  return work;
}

/** As the bot's loop does it. */
async function tryMerge(player: Player, work: PublishedWork): Promise<Outcome<"merging">> {
  const outcome = await merge(player.tools, { at: "merging", work }, player.signal);
  return leaveLaneAfter(player.target, outcome);
}

async function tryCheck(player: Player, work: PublishedWork): Promise<Outcome<"checking">> {
  const outcome = await check(player.tools, { at: "checking", work }, player.signal);
  return leaveLaneAfter(player.target, outcome);
}

async function readMain(): Promise<string> {
  return (await scene.view.refs()).get("refs/heads/main") ?? "";
}

test("what is green and approved is merged as exactly that head", async () => {
  const dev = play("dev-1");
  const work = await ready(dev, "plain", files("plain"));

  expect(await tryMerge(dev, work)).toEqual({ type: "merged" });

  expect(await readMain()).toBe(work.head);
  expect(await tryMerge(dev, work)).toEqual({ type: "merged" });
});

test("of two changes that are each green alone the second is rebased and checked again, never merged as it was", async () => {
  const [one, other] = [play("dev-1"), play("dev-2")];
  const first = await ready(one, "first", files("first"));
  const second = await ready(other, "second", files("second"));

  expect(await tryMerge(one, first)).toEqual({ type: "merged" });
  const outcome = await tryMerge(other, second);

  if (outcome.type !== "rebased") throw new Error(outcome.type);
  expect(await readMain()).toBe(first.head);
  const rebased = { ...second, head: outcome.head };
  expect(await tryMerge(other, rebased)).toMatchObject({ type: "refused", cause: "checks" });
  await post(outcome.head, "failure");
  expect(await tryCheck(other, rebased)).toMatchObject({ type: "red" });
  await post(outcome.head, "success");
  expect(await tryMerge(other, rebased)).toEqual({ type: "merged" });
  expect(await readMain()).toBe(outcome.head);
});

const list = (first: string, last: string): Files => ({
  "src/list.txt": `${[first, ...Array.from({ length: 20 }, (_, at) => `line ${at}`), last].join("\n")}\n`,
});

test("a rebase that makes the approval stale goes back to review, and merges with a new one", async () => {
  const dev = play("dev-1");
  const other = play("dev-2");
  expect(await tryMerge(dev, await ready(dev, "list", list("a", "z")))).toEqual({ type: "merged" });
  const top = await ready(dev, "top", list("A", "z"));
  const end = await ready(other, "end", list("a", "Z"));
  expect(await tryMerge(dev, top)).toEqual({ type: "merged" });

  const outcome = await tryMerge(other, end);
  if (outcome.type !== "rebased") throw new Error(outcome.type);
  const rebased = { ...end, head: outcome.head };
  await post(outcome.head, "success");

  const reviews = scene.forge.reviews(repo);
  expect(judgeReviews(await reviews.of(end.pull), outcome.head)).toEqual({ type: "undecided" });
  expect(await tryMerge(other, rebased)).toMatchObject({ type: "refused", cause: "approvals" });
  const awaited = awaitReview(other.tools, { at: "reviewing", work: rebased }, other.signal);
  await review(rebased);
  expect(await awaited).toEqual({ type: "approved" });
  expect(await tryMerge(other, rebased)).toEqual({ type: "merged" });
});

test("a conflict is shown to the harness from both sides", async () => {
  const [one, other] = [play("dev-1"), play("dev-2")];
  const mine = await ready(one, "mine", { "src/same.txt": "mine\n" });
  const theirs = await ready(other, "theirs", { "src/same.txt": "theirs\n" });
  await tryMerge(one, mine);

  const outcome = await tryMerge(other, theirs);

  expect(outcome).toMatchObject({ type: "conflicted" });
  const reason = "reason" in outcome ? outcome.reason : "";
  expect(reason).toMatch(/main changed the same lines in src\/same\.txt/);
  expect(reason).toMatch(
    /Theirs, up to \w{10} \(mine\):[\s\S]*\+mine[\s\S]*Yours, up to \w{10} \(theirs\):[\s\S]*\+theirs/,
  );
});

interface Refused {
  readonly cause: string;
  readonly at: State["at"];
  readonly title?: string;
  readonly changes?: Files;
  readonly prepare: (work: PublishedWork) => Promise<void>;
}

test.each<Refused>([
  { cause: "checks", at: "checking", prepare: review },
  { cause: "approvals", at: "reviewing", prepare: ({ head }) => post(head, "success") },
  {
    cause: "changes-requested",
    at: "reviewing",
    prepare: async (work) => {
      await post(work.head, "success");
      await review(work, "changes-requested");
      await scene.forge.reviews(repo).submit(work.pull, {
        verdict: "approved",
        sha: work.head,
        body: "",
        comments: [],
      });
    },
  },
  {
    cause: "protected-files",
    at: "blocked",
    changes: { "deploy/live.txt": "on\n" },
    prepare: async (work) => {
      await post(work.head, "success");
      await review(work);
    },
  },
  {
    cause: "draft",
    at: "blocked",
    title: "WIP: not yet",
    prepare: async (work) => {
      await post(work.head, "success");
      await review(work);
    },
  },
])(
  "a forge that refuses a merge for $cause has merged nothing, and the bot goes to $at",
  async ({ cause, at, title = cause, changes = files(cause), prepare }) => {
    const dev = play("dev-1");
    const main = await readMain();
    const work = await dev.start(title, changes);
    await prepare(work);

    const outcome = await tryMerge(dev, work);

    expect(outcome).toMatchObject({ type: "refused", cause });
    expect(await readMain()).toBe(main);
    const activities = { merging: async () => outcome } as never;
    const limits = { ciFixes: 1, reviewRounds: 1, infrastructureRetries: 1, mergeAttempts: 2 };
    const budget = { ...limits, attempts: 1 };
    const next = await turn({ at: "merging", work }, { activities, budget }, dev.signal);
    expect(next.at).toBe(at);
  },
);

test("who asked for changes and did not look again is asked to, once for each head", async () => {
  const dev = play("dev-1");
  const work = await dev.start("asked", files("asked"));
  await review(work, "changes-requested");
  const head = await dev.push(work, files("answer"));
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

test("a person's push is gone on with, whatever the bot was doing", async () => {
  const dev = play("dev-1");
  const work = await ready(dev, "moved", files("moved"));
  const head = await dev.push(work, files("by-hand"));

  const moved = { type: "moved", head };
  expect(await tryMerge(dev, work)).toEqual(moved);
  await post(work.head, "pending");
  expect(await tryCheck(dev, work)).toEqual(moved);
});

test("a change that is published late is laid on a person's commits, never over them", async () => {
  const dev = play("dev-1");
  const work = await dev.start("shared", files("shared"));
  const head = await dev.push(work, files("theirs"));
  const base = await readMain();
  const prepared = { ...work, base, start: work.head };

  const published = await dev.publish(prepared, files("ours"));

  const { objects } = dev.target.mirror;
  expect(await objects.contains(published.head, head)).toBe(true);
  expect(published.pull).toBe(work.pull);
  const diff = await objects.diff(base, published.head);
  for (const name of ["shared", "theirs", "ours"]) expect(diff).toContain(`+++ b/src/${name}.txt`);
  // Again, as after a kill between the push and the journal.
  expect((await dev.publish(prepared, files("ours"))).head).toBe(published.head);
});

test("a pull request that a person closed stays the issue's only one", async () => {
  const dev = play("dev-1");
  const work = await dev.start("closed", files("closed"));
  await scene.forge.pulls(repo).close(work.pull);

  const stuck = { type: "stuck", reason: expect.stringContaining(`#${work.pull} was closed`) };
  expect(await tryMerge(dev, work)).toEqual(stuck);
  const { pull: _, ...unknown } = { ...work, base: await readMain(), start: work.head };
  expect(await dev.tryPublish(unknown, files("again"))).toEqual(stuck);
});

test("a merge by a person is noticed", async () => {
  const dev = play("dev-1");
  const work = await ready(dev, "by hand", { "deploy/by-hand.txt": "on\n" });
  expect(await tryMerge(dev, work)).toMatchObject({ cause: "protected-files" });

  await scene.view.forceMerge(work.pull, work.head);

  expect(await tryMerge(dev, work)).toEqual({ type: "merged" });
});

test("a bot that lost two rounds holds the lane through CI while another, which is ready, waits", async () => {
  const [tired, fresh] = [play("dev-1"), play("dev-2")];
  const late = await ready(tired, "late", files("late"));
  await tryMerge(fresh, await ready(fresh, "ahead", files("ahead")));
  const ready2 = await ready(fresh, "waiting", files("waiting"));
  const patient = { ...late, counters: { lostRounds: 2 } };

  const outcome = await tryMerge(tired, patient);
  if (outcome.type !== "rebased") throw new Error(outcome.type);
  const waiting = tryMerge(fresh, ready2);
  const rebased = { ...patient, head: outcome.head };
  await post(outcome.head, "success");
  expect(await tryCheck(tired, rebased)).toEqual({ type: "green" });
  expect((await scene.view.refs()).has("refs/disinto/lanes/main")).toBe(true);
  expect(await tryMerge(tired, rebased)).toEqual({ type: "merged" });

  expect(await readMain()).toBe(outcome.head);
  expect(await waiting).toMatchObject({ type: "rebased" });
  expect((await scene.view.refs()).has("refs/disinto/lanes/main")).toBe(false);
});

test("the lane is left when its holder has to go back to the harness, and a dead holder's is taken over", async () => {
  const term = { AGENT_LEASE_TERM: "8" };
  const [holder, other] = [play("dev-1", term), play("dev-2", term)];
  const work = { ...(await ready(holder, "held", files("held"))), counters: { lostRounds: 2 } };
  const next = { ...(await ready(other, "next", files("next"))), counters: { lostRounds: 2 } };
  await tryMerge(other, await ready(other, "between", files("between")));
  const outcome = await tryMerge(holder, work);
  if (outcome.type !== "rebased") throw new Error(outcome.type);
  const rebased = { ...work, head: outcome.head };
  await post(outcome.head, "failure");
  const ref = "refs/disinto/lanes/main";

  expect((await scene.view.refs()).has(ref)).toBe(true);
  expect(await tryCheck(holder, rebased)).toMatchObject({ type: "red" });
  expect((await scene.view.refs()).has(ref)).toBe(false);

  await holder.target.claims.take(ref);
  holder.die();
  expect(await tryMerge(other, next)).toMatchObject({ type: "rebased" });
});
