/** git over HTTP: who may push what, leases, and what a push causes. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { WorkTree } from "./work-tree.ts";
import type { Person, Repository, World } from "./world.ts";

interface Desk {
  readonly repository: Repository;
  readonly dev: Person;
  readonly tree: WorkTree;
  readonly remote: string;
}

/** A clone with one commit more than main, on `topic`. */
async function atDesk(world: World, work: (desk: Desk) => Promise<void>): Promise<void> {
  const repository = await world.repository({ writers: ["dev"] });
  const dev = await world.person("dev");
  const remote = world.remote(repository, dev);
  const tree = await WorkTree.create();
  try {
    await tree.git("fetch", "-q", remote, "main");
    await tree.git("checkout", "-q", "-B", "main", "FETCH_HEAD");
    await tree.git("checkout", "-q", "-b", "topic");
    await tree.commit("topic.txt", "topic\n");
    await work({ repository, dev, tree, remote });
  } finally {
    await tree.remove();
  }
}

async function refused(tree: WorkTree, ...args: string[]): Promise<string> {
  const { exitCode, stderr } = await tree.attempt("push", ...args);
  expect(exitCode).not.toBe(0);
  return stderr;
}

export const gitRows: readonly Row[] = [
  {
    says: "a branch without push in its protection takes no push, other branches do",
    source: "routers/private/hook_pre_receive.go preReceiveBranch",
    mutation: { file: "git/pre-receive", find: "mayPush(protection, pusher) ?", replace: "true ?" },
    check: (world) =>
      atDesk(world, async ({ repository, tree, remote }) => {
        await world.protect(repository, {});
        const words = await refused(tree, remote, "topic:main");
        expect(words).toContain("Not allowed to push to protected branch main");
        await tree.git("push", "-q", remote, "topic");
      }),
  },
  {
    says: "a protected branch that may be pushed takes no force and no deletion",
    source: "routers/private/hook_pre_receive.go preReceiveBranch",
    mutation: {
      file: "git/pre-receive",
      find: '[ "$2" != "$zero" ] && [ -n',
      replace: "false && [ -n",
    },
    check: (world) =>
      atDesk(world, async ({ repository, tree, remote }) => {
        await world.protect(repository, { rule_name: "rel/*", enable_push: true });
        await tree.git("push", "-q", remote, "topic:rel/1");
        const forced = await refused(tree, "--force", remote, "main:rel/1");
        expect(forced).toContain("branch rel/1 is protected from force push");
        const deleted = await refused(tree, remote, "--delete", "rel/1");
        expect(deleted).toContain("branch rel/1 is protected from deletion");
      }),
  },
  {
    says: "the default branch cannot be deleted",
    source: "routers/private/hook_pre_receive.go preReceiveBranch",
    mutation: { file: "git/pre-receive", find: '[ "$new" = "$zero" ] &&', replace: "false &&" },
    check: (world) =>
      atDesk(world, async ({ tree, remote }) => {
        const words = await refused(tree, remote, "--delete", "main");
        expect(words).toContain("branch main is the default branch and cannot be deleted");
      }),
  },
  {
    says: "a push that changes a protected file is refused",
    source: "services/pull/patch.go CheckFileProtection",
    mutation: { file: "git/pre-receive", find: '[ -n "$files" ]', replace: "false" },
    check: (world) =>
      atDesk(world, async ({ repository, tree, remote }) => {
        const rule = { enable_push: true, protected_file_patterns: "topic.*" };
        await world.protect(repository, rule);
        const words = await refused(tree, remote, "topic:main");
        expect(words).toContain("branch main is protected from changing file topic.txt");
      }),
  },
  {
    says: "an atomic push of a lease and a refused branch changes neither",
    source: "git-receive-pack(1), routers/private/hook_pre_receive.go",
    mutation: { file: "git/pre-receive", find: "refuse() {", replace: "refuse() { return 0" },
    check: (world) =>
      atDesk(world, async ({ repository, tree, remote }) => {
        await world.protect(repository, {});
        await refused(tree, "--atomic", remote, "topic:refs/disinto/claims/1", "topic:main");
        expect(await tree.git("ls-remote", remote, "refs/disinto/*")).toBe("");
      }),
  },
  {
    says: "refs under refs/disinto need write access only, and one taker of eight wins",
    source: "routers/private/hook_pre_receive.go HookPreReceive (AssertCanWriteCode)",
    mutation: {
      file: "git/pre-receive",
      find: "refs/disinto/*) name= ;;",
      replace: 'refs/disinto/*) refuse "$ref" ;;',
    },
    check: (world) =>
      atDesk(world, async ({ tree, remote }) => {
        const empty = await tree.git("hash-object", "-t", "tree", "-w", "/dev/null");
        const takers = ["a", "b", "c", "d", "e", "f", "g", "h"];
        const commits = await Promise.all(
          takers.map((taker) => tree.git("commit-tree", empty, "-m", taker)),
        );
        const ref = "refs/disinto/claims/2";
        const pushes = await Promise.all(
          commits.map((commit) =>
            tree.attempt("push", "-q", `--force-with-lease=${ref}:`, remote, `${commit}:${ref}`),
          ),
        );
        const winners = commits.filter((_, taker) => pushes[taker]?.exitCode === 0);
        expect(winners).toHaveLength(1);
        expect(await tree.git("ls-remote", remote, ref)).toContain(winners[0]);
      }),
  },
  {
    says: "a lease is renewed and released only by who names the sha that stands",
    source: "git-push(1) --force-with-lease, a compare-and-swap in receive-pack",
    mutation: {
      file: "git/pre-receive",
      find: "DISINTO_MAY_WRITE: allows(",
      replace: "DISINTO_MAY_WRITE: !allows(",
    },
    check: (world) =>
      atDesk(world, async ({ tree, remote }) => {
        const ref = "refs/disinto/claims/3";
        const [one, two] = [
          await tree.git("rev-parse", "main"),
          await tree.git("rev-parse", "topic"),
        ];
        const push = (expected: string, to: string) =>
          tree.attempt(
            "push",
            "-q",
            `--force-with-lease=${ref}:${expected}`,
            remote,
            `${to}:${ref}`,
          );
        expect((await push("", one)).exitCode).toBe(0);
        expect((await push(two, two)).exitCode).not.toBe(0);
        expect((await push(one, two)).exitCode).toBe(0);
        expect((await push(one, "")).exitCode).not.toBe(0);
        expect((await push(two, "")).exitCode).toBe(0);
        expect(await tree.git("ls-remote", remote, ref)).toBe("");
      }),
  },
  {
    says: "a reader clones and does not push; a stranger finds nothing; nobody is asked for credentials",
    source: "routers/web/repo/githttp.go httpBase",
    mutation: { file: "git/http", find: '|| access === "none"', replace: "" },
    check: (world) =>
      atDesk(world, async ({ repository, tree }) => {
        const [reader, stranger] = [await world.person("reader"), await world.person("stranger")];
        const path = `${repository.path}/collaborators/${reader.login}`;
        await world.admin("PUT", path, { permission: "read" });
        await tree.git("ls-remote", world.remote(repository, reader));
        await refused(tree, world.remote(repository, reader), "topic");
        const strange = await tree.attempt("ls-remote", world.remote(repository, stranger));
        expect(strange.exitCode).not.toBe(0);
        const { owner, name } = repository;
        const url = `${world.url}/${owner}/${name}.git/info/refs?service=git-upload-pack`;
        const answer = await fetch(url);
        expect(answer.status).toBe(401);
        expect(answer.headers.get("www-authenticate")).toMatch(/^Basic realm=/);
      }),
  },
  {
    says: "a token without write:repository reads and does not push",
    source: "services/context/permission.go CheckRepoScopedToken",
    mutation: { file: "git/http", find: "!enough ||", replace: "" },
    check: (world) =>
      atDesk(world, async ({ repository, tree }) => {
        const weak = await world.person("weak", ["read:repository"]);
        const path = `${repository.path}/collaborators/${weak.login}`;
        await world.admin("PUT", path, { permission: "write" });
        await tree.git("ls-remote", world.remote(repository, weak));
        expect(await refused(tree, world.remote(repository, weak), "topic")).toContain("403");
      }),
  },
  {
    says: "a token that is limited to repositories pushes there, reads what is public, and nothing else",
    since: 15,
    source:
      "services/authz/specific_repos_reducer.go ReduceRepoAccess, routers/web/repo/githttp.go httpBase",
    mutation: {
      file: "git/http",
      find: /accessBy\(forge\.db, repository, doer\)/g,
      replace: '"owner"',
    },
    check: (world) =>
      atDesk(world, async ({ repository, dev, tree }) => {
        const other = await world.repository({ writers: ["dev"] });
        const limited = await world.limited(dev, [repository]);
        const [within, without] = [world.remote(repository, limited), world.remote(other, limited)];
        await tree.git("push", "-q", within, "topic");
        await tree.git("push", "-q", within, "topic:refs/disinto/leases/x");
        expect((await tree.attempt("fetch", without)).exitCode).not.toBe(0);
        await world.admin("PATCH", other.path, { private: false });
        await tree.git("fetch", "-q", without);
        await refused(tree, without, "topic");
      }),
  },
  {
    says: "the head of a pull request is also refs/pull/N/head, and follows its branch",
    source: "services/pull/pull.go PushToBaseRepo",
    mutation: {
      file: "pulls/pulls",
      find: "await git.setRef(pullRef(issue.number), head)",
      replace: "",
    },
    check: (world) =>
      atDesk(world, async ({ repository, dev, tree, remote }) => {
        await tree.git("push", "-q", remote, "topic");
        const pull = { title: "t", head: "topic", base: "main" };
        const made = await dev.call("POST", `${repository.path}/pulls`, pull);
        const sha = await tree.commit("more.txt", "more\n");
        await tree.git("push", "-q", remote, "topic");
        const ref = `refs/pull/${made.body.number}/head`;
        await world.eventually(async () =>
          (await tree.git("ls-remote", remote, ref)).startsWith(sha),
        );
      }),
  },
  {
    says: "deleting a branch closes its pull request",
    source: "services/repository/push.go, services/pull/pull.go CloseBranchPulls",
    mutation: {
      file: "pulls/pulls",
      find: "closeWithoutComment(forge.db, { issue: getIssue(forge.db, known.issue_id), doer: by });",
      replace: "",
    },
    check: (world) =>
      atDesk(world, async ({ repository, dev, tree, remote }) => {
        await tree.git("push", "-q", remote, "topic");
        const pull = { title: "t", head: "topic", base: "main" };
        const made = await dev.call("POST", `${repository.path}/pulls`, pull);
        await tree.git("push", "-q", remote, "--delete", "topic");
        const path = `${repository.path}/pulls/${made.body.number}`;
        await world.eventually(
          async () => (await dev.call("GET", path)).body.state === ("closed" as unknown),
        );
      }),
  },
  {
    says: "the first branch pushed into an empty repository becomes its default",
    source: "routers/private/hook_post_receive.go, services/repository/push.go",
    mutation: { file: "git/push", find: "default_branch: first", replace: "empty: 0" },
    check: async (world) => {
      const repository = await world.repository({ writers: ["dev"], empty: true });
      const dev = await world.person("dev");
      const tree = await WorkTree.create();
      await tree.git("checkout", "-q", "-b", "trunk");
      await tree.commit("a.txt", "a\n");
      expect((await dev.call("GET", repository.path)).body).toMatchObject({ empty: true });
      await tree.git("push", "-q", world.remote(repository, dev), "trunk");
      await tree.remove();
      await world.eventually(async () => {
        const { body } = await dev.call("GET", repository.path);
        return body.default_branch === ("trunk" as unknown) && body.empty === (false as unknown);
      });
    },
  },
];
