/** An issue's timeline: what was done to it, by whom, in which order. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { merge } from "./scene.ts";
import type { Body } from "./test-forge.ts";
import { WorkTree } from "./work-tree.ts";
import type { Repository, World } from "./world.ts";

const read = async (world: World, { path }: Repository, issue: number): Promise<Body[]> => {
  const { status, body } = await world.admin("GET", `${path}/issues/${issue}/timeline`);
  expect(status).toBe(200);
  return (body as unknown as Body[] | null) ?? [];
};

async function withIssue(world: World) {
  const repository = await world.repository({ writers: ["dev"] });
  const dev = await world.person("dev");
  await world.admin("POST", `${repository.path}/issues`, { title: "wanted" });
  return { repository, dev, issue: `${repository.path}/issues/1` };
}

async function label(
  world: World,
  { path }: Repository,
  wanted: string | { readonly name: string; readonly exclusive: boolean },
) {
  const own = typeof wanted === "string" ? { name: wanted } : wanted;
  const label = { exclusive: false, ...own, color: "#00aabb" };
  return (await world.admin("POST", `${path}/labels`, label)).body.id as unknown as number;
}

const one = { body: "1", label: {} };

export const timelineRows: readonly Row[] = [
  {
    says: "who puts a label on an issue or takes it off is told, and what changes nothing is not",
    source: "models/issues/issue_label.go newIssueLabel, deleteIssueLabel, ReplaceIssueLabels",
    mutation: {
      file: "issues/issue-labels",
      find: 'record(db, act, { type: "label", label: label.id })',
      replace: 'record(db, { ...act, doer: { id: 1 } }, { type: "label", label: label.id })',
    },
    check: async (world) => {
      const { repository, dev, issue } = await withIssue(world);
      expect(await read(world, repository, 1)).toEqual([]);
      const [a, b] = [await label(world, repository, "a"), await label(world, repository, "b")];
      await dev.call("POST", `${issue}/labels`, { labels: [a] });
      await dev.call("POST", `${issue}/labels`, { labels: [a] });
      await world.admin("POST", `${issue}/labels`, { labels: [a, b] });
      await world.admin("DELETE", `${issue}/labels/${a}`);
      await world.admin("DELETE", `${issue}/labels`);
      const [admin, by] = [{ login: world.target.login }, { login: dev.login }];
      const common = { type: "label", assignee: null, removed_assignee: false };
      expect(await read(world, repository, 1)).toMatchObject([
        { ...common, ...one, user: by, label: { id: a, name: "a" }, ref_action: "none" },
        { ...common, ...one, user: admin, label: { name: "b" } },
        { ...common, user: admin, body: "", label: { name: "a" } },
        { ...common, user: admin, body: "", label: { name: "b" } },
      ]);
    },
  },
  {
    says: "the label of an exclusive scope that another one replaces is taken off by the same hand",
    source: "models/issues/issue_label.go RemoveDuplicateExclusiveIssueLabels",
    mutation: {
      file: "issues/issue-labels",
      find: "scopeOf(other) === scope",
      replace: "false",
    },
    check: async (world) => {
      const { repository, dev, issue } = await withIssue(world);
      const low = await label(world, repository, { name: "size/s", exclusive: true });
      const high = await label(world, repository, { name: "size/l", exclusive: true });
      await world.admin("POST", `${issue}/labels`, { labels: [low] });
      await dev.call("POST", `${issue}/labels`, { labels: [high] });
      expect(await read(world, repository, 1)).toMatchObject([
        { body: "1", label: { name: "size/s" } },
        { body: "", label: { name: "size/s" }, user: { login: dev.login } },
        { body: "1", label: { name: "size/l" }, user: { login: dev.login } },
      ]);
    },
  },
  {
    says: "assigning and unassigning are told with who was meant, and who stays is not told again",
    source: "models/issues/assignees.go toggleIssueAssignee, services/issue/assignee.go",
    mutation: { file: "issues/issues", find: "removed: true", replace: "removed: false" },
    check: async (world) => {
      const { repository, dev, issue } = await withIssue(world);
      const admin = world.target.login;
      await dev.call("PATCH", issue, { assignees: [dev.login] });
      await dev.call("PATCH", issue, { assignees: [dev.login, admin] });
      await world.admin("PATCH", issue, { assignees: [admin] });
      const common = { type: "assignees", body: "", label: null };
      expect(await read(world, repository, 1)).toMatchObject([
        { ...common, assignee: { login: dev.login }, removed_assignee: false },
        { ...common, assignee: { login: admin }, removed_assignee: false },
        {
          ...common,
          assignee: { login: dev.login },
          removed_assignee: true,
          user: { login: admin },
        },
      ]);
    },
  },
  {
    says: "a new title, closing and reopening are told, comments among them in their order",
    source: "models/issues/issue_update.go ChangeIssueTitle, doChangeIssueStatus",
    mutation: {
      file: "issues/issues",
      find: '? "close" : "reopen"',
      replace: '? "reopen" : "close"',
    },
    check: async (world) => {
      const { repository, dev, issue } = await withIssue(world);
      await dev.call("PATCH", issue, { title: "wanted now" });
      await dev.call("PATCH", issue, { title: "wanted now", body: "more" });
      const said = await dev.call("POST", `${issue}/comments`, { body: "a word" });
      for (const state of ["closed", "closed", "open"]) await dev.call("PATCH", issue, { state });
      const entries = await read(world, repository, 1);
      expect(entries).toMatchObject([
        { type: "change_title", old_title: "wanted", new_title: "wanted now" },
        { type: "comment", id: said.body.id, body: "a word", user: { login: dev.login } },
        { type: "close", user: { login: dev.login }, body: "" },
        { type: "reopen" },
      ]);
      expect((await dev.call("GET", issue)).body).toMatchObject({ comments: 1 });
      const told = await dev.call("GET", `${issue}/comments`);
      expect(told.body).toMatchObject([{ body: "a word" }]);
      expect(told.body).toHaveLength(1);
    },
  },
  {
    says: "an entry that is no comment cannot be changed as one",
    source: "routers/api/v1/repo/issue_comment.go editIssueComment",
    mutation: {
      file: "issues/comment-routes",
      find: 'comment.type !== "comment"',
      replace: "comment.type === undefined",
    },
    check: async (world) => {
      const { repository, dev, issue } = await withIssue(world);
      await dev.call("PATCH", issue, { state: "closed" });
      const [closed] = await read(world, repository, 1);
      const entry = `${repository.path}/issues/comments/${closed?.id}`;
      expect((await dev.call("PATCH", entry, { body: "never" })).status).toBe(204);
      expect(await read(world, repository, 1)).toMatchObject([{ type: "close", body: "" }]);
    },
  },
  {
    says: "the whole timeline is one answer, pages and times are given where they are asked for",
    source:
      "routers/api/v1/repo/issue_comment.go ListIssueCommentsAndTimeline, models/issues/comment.go FindComments",
    mutation: {
      file: "issues/comment-routes",
      find: 'c.req.query("page") === undefined',
      replace: "false",
    },
    check: async (world) => {
      const { repository, dev, issue } = await withIssue(world);
      for (let at = 0; at < 31; at++) await dev.call("PATCH", issue, { title: `title ${at}` });
      const ask = async (query: string) => await dev.call("GET", `${issue}/timeline?${query}`);
      const whole = await ask("");
      expect(whole.body).toHaveLength(31);
      expect(whole.headers.get("x-total-count")).toBe("31");
      expect((await ask("page=2&limit=20")).body).toMatchObject({ length: 11 });
      expect((await ask("page=3&limit=20")).body).toBeNull();
      const past = encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString());
      expect((await ask(`since=${past}`)).body).toHaveLength(31);
      expect((await ask(`before=${past}`)).body).toBeNull();
      const stranger = await world.person("stranger");
      expect((await stranger.call("GET", `${issue}/timeline`)).status).toBe(404);
      expect(await read(world, repository, 1)).toHaveLength(31);
    },
  },
  {
    says: "a dependency is told on both of its issues, with the other one",
    source: "models/issues/comment.go createIssueDependencyComment",
    mutation: {
      file: "issues/link-routes",
      find: "record(forge.db, { issue: other, doer }",
      replace: "record(forge.db, { issue, doer }",
    },
    check: async (world) => {
      const { repository, dev, issue } = await withIssue(world);
      const { path, owner, name } = repository;
      await world.admin("POST", `${path}/issues`, { title: "needed" });
      const needed = { owner, repo: name, index: 2 };
      await dev.call("POST", `${issue}/dependencies`, needed);
      await dev.call("DELETE", `${issue}/dependencies`, needed);
      for (const [at, other] of [
        [1, 2],
        [2, 1],
      ] as const) {
        expect(await read(world, repository, at)).toMatchObject([
          { type: "add_dependency", dependent_issue: { number: other } },
          { type: "remove_dependency", dependent_issue: { number: other } },
        ]);
      }
    },
  },
  {
    says: "a merge and another base are told on the pull request, and what it closes on the issue, by who merged",
    source:
      "services/issue/pull.go ChangeTargetBranch, services/pull/merge.go handleCloseCrossReferences",
    mutation: { file: "pulls/routes", find: "oldRef: pull.base", replace: "oldRef: base" },
    check: async (world) => {
      const { repository, dev } = await withIssue(world);
      await world.commit(repository, { file: "x.txt", branch: "next", from: "main" });
      const pull = await world.pull(repository, { by: dev, branch: "topic", body: "Closes #1" });
      await dev.call("PATCH", pull.path, { base: "next" });
      await dev.call("PATCH", pull.path, { base: "main" });
      await world.settled(pull);
      await merge(dev, pull);
      const told = await read(world, repository, pull.number);
      expect(told.filter(({ type }) => String(type) !== "pull_push")).toMatchObject([
        { type: "change_target_branch", old_ref: "main", new_ref: "next" },
        { type: "change_target_branch", old_ref: "next", new_ref: "main" },
        { type: "merge_pull", user: { login: dev.login }, issue_url: "" },
      ]);
      const acts = (await read(world, repository, 1)).filter(
        ({ type }) => !/_ref$/.test(String(type)),
      );
      expect(acts).toMatchObject([{ type: "close", user: { login: dev.login } }]);
    },
  },
  {
    says: "a pull request whose branch is deleted is closed by who deleted it",
    source: "services/pull/pull.go CloseBranchPulls",
    mutation: {
      file: "pulls/pulls",
      find: "doer ?? getUser(forge.db, repository.owner_id)",
      replace: "getUser(forge.db, repository.owner_id)",
    },
    check: async (world) => {
      const { repository, dev } = await withIssue(world);
      const pull = await world.pull(repository, { by: dev, branch: "topic" });
      const tree = await WorkTree.create();
      await tree.git("push", "-q", world.remote(repository, dev), "--delete", "topic");
      await tree.remove();
      await world.eventually(
        async () => String((await dev.call("GET", pull.path)).body.state) === "closed",
      );
      const told = await read(world, repository, pull.number);
      expect(told.filter(({ type }) => String(type) === "close")).toMatchObject([
        { user: { login: dev.login } },
      ]);
    },
  },
];
