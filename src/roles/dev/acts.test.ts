import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Issue, Pull, TimelineEvent } from "../../ports/forge.ts";
import {
  type Act,
  type Claimed,
  findIssueAct,
  findPullStop,
  pullStops,
  respondTo,
  withdrawals,
} from "./acts.ts";
import type { StateName } from "./machine.ts";

const states: readonly StateName[] = [
  ...(["choosing", "preparing", "coding", "publishing", "checking", "reviewing"] as const),
  ...(["merging", "closing", "blocked", "withdrawing"] as const),
];
const others = ["reworded", "pull-merged", "branch-pushed", "branch-deleted"] as const;
const acts: readonly Act[] = [...withdrawals, ...pullStops, ...others];

test("every act of a person has its answer in every state", () => {
  const rows = acts.map((act) => [act, ...states.map((at) => respondTo(act, at))].join(" "));

  expect([["", ...states].join(" "), ...rows].join("\n")).toMatchInlineSnapshot(`
    " choosing preparing coding publishing checking reviewing merging closing blocked withdrawing
    closed ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    blocked ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    taken-off-backlog ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    released ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    unassigned ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    reassigned ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    other-role ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    locked ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    edited ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    trust-lost ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    dependency-opened ignore withdraw withdraw withdraw withdraw withdraw withdraw ignore ignore ignore
    pull-closed ignore block block block block block block ignore ignore ignore
    pull-draft ignore block block block block block block ignore ignore ignore
    pull-retargeted ignore block block block block block block ignore ignore ignore
    pull-blocked ignore block block block block block block ignore ignore ignore
    reworded ignore rework rework rework rework rework rework ignore ignore ignore
    pull-merged ignore look finish finish look look look ignore ignore ignore
    branch-pushed ignore look look look recheck recheck recheck ignore ignore ignore
    branch-deleted ignore look look look block block block ignore ignore ignore"
  `);
});

test("docs/recovery.md says what becomes of every act", async () => {
  const page = await readFile("docs/recovery.md", "utf8");

  expect(acts.filter((act) => !page.includes(`| \`${act}\` |`))).toEqual([]);
});

const issue: Issue = {
  number: 7,
  title: "Say goodbye",
  body: "",
  author: "ada",
  state: "open",
  labels: ["backlog", "in-progress"],
  assignees: ["dev"],
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
};
const claimed: Claimed = { user: "dev", hands: ["dev-before"], since: 10 };

type Done = Omit<TimelineEvent, "id" | "at" | "author"> & Readonly<Record<string, unknown>>;

const event = (id: number, author: string, done: Done): TimelineEvent =>
  ({ id, author, at: "2026-01-01T00:00:00Z", ...done }) as TimelineEvent;

interface Case {
  readonly after: Partial<Issue>;
  readonly does: Done;
  readonly undoes: Done;
}

const cases: readonly (readonly [Act, Case])[] = [
  [
    "blocked",
    {
      after: { labels: ["backlog", "in-progress", "blocked"] },
      does: { type: "label-added", label: "blocked" },
      undoes: { type: "label-removed", label: "blocked" },
    },
  ],
  [
    "taken-off-backlog",
    {
      after: { labels: ["in-progress"] },
      does: { type: "label-removed", label: "backlog" },
      undoes: { type: "label-added", label: "backlog" },
    },
  ],
  [
    "released",
    {
      after: { labels: ["backlog"] },
      does: { type: "label-removed", label: "in-progress" },
      undoes: { type: "label-added", label: "in-progress" },
    },
  ],
  [
    "other-role",
    {
      after: { labels: ["backlog", "in-progress", "vision"] },
      does: { type: "label-added", label: "vision" },
      undoes: { type: "label-removed", label: "vision" },
    },
  ],
  [
    "unassigned",
    {
      after: { assignees: [] },
      does: { type: "unassigned", login: "Dev" },
      undoes: { type: "assigned", login: "dev" },
    },
  ],
  [
    "reassigned",
    {
      after: { assignees: ["ada"] },
      does: { type: "unassigned", login: "dev" },
      undoes: { type: "assigned", login: "dev" },
    },
  ],
  ["locked", { after: { isLocked: true }, does: { type: "locked" }, undoes: { type: "unlocked" } }],
];

test.each(cases)("%s counts by a hand that is no bot's, after the claim", (act, seen) => {
  const { after, does, undoes } = seen;
  const found = (...timeline: TimelineEvent[]) =>
    findIssueAct({ ...issue, ...after }, timeline, claimed);

  expect(found(event(11, "ada", does))).toBe(act);
  expect(found(event(11, "dev", undoes), event(12, "ada", does))).toBe(act);
  expect(found(event(10, "ada", does))).toBeUndefined();
  expect(found(event(11, "DEV", does))).toBeUndefined();
  expect(found(event(11, "dev-before", does))).toBeUndefined();
  expect(found(event(11, "ada", does), event(12, "ada", undoes))).toBeUndefined();
  expect(findIssueAct(issue, [event(11, "ada", does)], claimed)).toBeUndefined();
});

test("what a bot's own mirroring did not bring about is nobody's act", () => {
  const bare = { ...issue, labels: ["backlog"], assignees: [] };

  expect(findIssueAct(bare, [], claimed)).toBeUndefined();
  const about = event(11, "ada", { type: "unassigned", login: "bob" });
  expect(findIssueAct(bare, [about], claimed)).toBeUndefined();
});

test("of two acts the one that says most is told", () => {
  const labels = ["in-progress", "blocked"];
  const timeline = [
    event(11, "ada", { type: "label-removed", label: "backlog" }),
    event(12, "ada", { type: "label-added", label: "blocked" }),
  ];

  expect(findIssueAct({ ...issue, labels }, timeline, claimed)).toBe("blocked");
});

test("a pull request that was closed, turned elsewhere, made a draft or blocked stops its bot; a merged one does not", () => {
  const pull: Pull = {
    number: 8,
    title: "Say goodbye",
    author: "dev",
    state: "open",
    merged: false,
    head: "fix/issue-7",
    headSha: "a",
    base: "main",
    baseSha: "b",
    isDraft: false,
    labels: [],
  };
  const stop = (change: Partial<Pull>) => findPullStop({ ...pull, ...change }, "main");

  expect(stop({})).toBeUndefined();
  expect(stop({ state: "closed" })).toBe("pull-closed");
  expect(stop({ base: "next" })).toBe("pull-retargeted");
  expect(stop({ isDraft: true })).toBe("pull-draft");
  expect(stop({ labels: ["blocked"] })).toBe("pull-blocked");
  expect(stop({ state: "closed", merged: true })).toBeUndefined();
});
