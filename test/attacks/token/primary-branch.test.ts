/**
 * From one stolen token to the primary branch: every way that the forge's API and git offer to who holds the token of a dev
 * bot, or of a review bot, one after the other. What remains of the latter stands in docs/security.md, and is shown here.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { caller } from "../../forge-contract/test-forge.ts";
import { WorkTree } from "../../forge-contract/work-tree.ts";
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
  tryMerge,
} from "../../support/dev-scene.ts";
import { repo } from "../../support/factory-description.ts";

const path = `/repos/${repo.owner}/${repo.name}`;
const thieves = ["dev-2", "review-1"] as const;
let tree: WorkTree;
let made = 0;

beforeAll(async () => {
  await openScene();
  tree = await WorkTree.create();
});
afterEach(stopBots);
afterAll(async () => {
  await closeScene();
  await tree.remove();
});

/** The token, and nothing else of the bot's. */
class Thief {
  readonly login: string;
  readonly remote: string;
  readonly #call: ReturnType<typeof caller>;

  constructor(login: string) {
    const token = scene.environmentOf(login).FORGE_TOKEN ?? "";
    this.login = login;
    this.remote = `${scene.url.replace("://", `://x:${token}@`)}/${repo.owner}/${repo.name}.git`;
    this.#call = caller(scene.url, `token ${token}`, { compare: false });
  }

  call(line: string, body?: unknown) {
    const [method = "", where = ""] = line.split(" ");
    return this.#call(method, where.replace("REPO", path), body);
  }

  push(...args: readonly string[]) {
    return tree.attempt("push", ...args.map((arg) => (arg === "THERE" ? this.remote : arg)));
  }

  /** A change that nobody has seen, on a branch of the thief's. */
  async plant(): Promise<{ readonly branch: string; readonly sha: string }> {
    const branch = `evil-${++made}`;
    await tree.git("fetch", "-q", this.remote, "main");
    await tree.git("checkout", "-q", "-B", branch, "FETCH_HEAD");
    const sha = await tree.commit(`${branch}.txt`, "evil\n");
    expect(await this.push("-q", "THERE", `HEAD:refs/heads/${branch}`)).toMatchObject({
      exitCode: 0,
    });
    return { branch, sha };
  }

  async open(base = "main") {
    const { branch, sha } = await this.plant();
    const body = { title: branch, head: branch, base };
    const { number } = (await this.call("POST REPO/pulls", body)).body;
    return { number: Number(number), branch, sha };
  }

  merge(number: number, more: object = {}) {
    return this.call(`POST REPO/pulls/${number}/merge`, { Do: "fast-forward-only", ...more });
  }
}

type Way = (thief: Thief) => Promise<unknown>;

async function pushTo(thief: Thief, ...args: readonly string[]): Promise<void> {
  await thief.plant();
  await thief.push(...args);
}

const content = Buffer.from("evil\n").toString("base64");
const file = { content, message: "x", branch: "main" };

const ways: Readonly<Record<string, Way>> = {
  "a push to it": (thief) => pushTo(thief, "THERE", "HEAD:refs/heads/main"),
  "a push to it by force": (thief) => pushTo(thief, "--force", "THERE", "HEAD:refs/heads/main"),
  "its deletion and a new one": async (thief) => {
    await thief.push("THERE", ":refs/heads/main");
    await pushTo(thief, "--force", "THERE", "HEAD:refs/heads/main");
  },
  "a push in one go with what may be pushed": (thief) =>
    pushTo(thief, "THERE", "HEAD:refs/heads/evil-with", "HEAD:refs/heads/main"),
  "other spellings of its name": async (thief) => {
    await thief.plant();
    for (const name of ["Main", "MAIN", "heads/main", "main/x", "main.lock"])
      await thief.push("--force", "THERE", `HEAD:refs/heads/${name}`);
  },
  "a tag of its name": (thief) => pushTo(thief, "THERE", "HEAD:refs/tags/main"),
  "a file by the API": async (thief) => {
    await thief.call("POST REPO/contents/evil.txt", file);
    await thief.call("POST REPO/contents/evil-2.txt", { ...file, branch: undefined });
    await thief.call("POST REPO/contents/evil-3.txt", {
      content,
      message: "x",
      new_branch: "main",
    });
  },
  "its deletion by the API": (thief) => thief.call("DELETE REPO/branches/main"),
  "another primary branch": async (thief) => {
    const { branch } = await thief.plant();
    await thief.call("PATCH REPO", { default_branch: branch });
  },
  "a branch renamed to it": async (thief) => {
    const { branch } = await thief.plant();
    await thief.call(`PATCH REPO/branches/${branch}`, { name: "main" });
    await thief.call("POST REPO/branches", { new_branch_name: "main", old_ref_name: branch });
  },
  "a protection that is changed or removed": async (thief) => {
    const open = { required_approvals: 0, enable_status_check: false, enable_push: true };
    await thief.call("PATCH REPO/branch_protections/main", open);
    await thief.call("POST REPO/branch_protections", { rule_name: "mai*", ...open });
    await thief.call("DELETE REPO/branch_protections/main");
    await pushTo(thief, "THERE", "HEAD:refs/heads/main");
  },
  "more rights": async (thief) => {
    await thief.call(`PUT REPO/collaborators/${thief.login}`, { permission: "admin" });
    await thief.call("POST /admin/users", { username: "mine", email: "m@example.com" });
    await thief.call(`PATCH /admin/users/${thief.login}`, { admin: true });
    await thief.call(`POST /users/${thief.login}/tokens`, { name: "more", scopes: ["all"] });
    await thief.call(`POST /users/${repo.owner}/tokens`, { name: "more", scopes: ["all"] });
    await thief.call("POST REPO/transfer", { new_owner: thief.login });
    await thief.call("POST REPO/keys", { title: "k", key: "ssh-ed25519 AAAA", read_only: false });
    await thief.call("POST REPO/hooks", { type: "forgejo", config: {}, events: ["push"] });
  },
  "a merge of what nobody approved, with every style and force": async (thief) => {
    const { number, sha } = await thief.open();
    await thief.call(`POST REPO/statuses/${sha}`, { context: "ci/local/test", state: "success" });
    for (const Do of [
      "fast-forward-only",
      "merge",
      "rebase",
      "rebase-merge",
      "squash",
      "manually-merged",
    ])
      for (const force_merge of [false, true])
        await thief.merge(number, { Do, force_merge, head_commit_id: sha, MergeCommitID: sha });
  },
  "a merge that waits for success": async (thief) => {
    const { number, sha } = await thief.open();
    await thief.merge(number, { merge_when_checks_succeed: true });
    await thief.call(`POST REPO/statuses/${sha}`, { context: "ci/local/test", state: "success" });
  },
  "its own approval": async (thief) => {
    const { number, sha } = await thief.open();
    await thief.call(`POST REPO/statuses/${sha}`, { context: "ci/local/test", state: "success" });
    await thief.call(`POST REPO/pulls/${number}/reviews`, { event: "APPROVED", commit_id: sha });
    await thief.merge(number);
  },
  "an approval that was given before another base, or another head": async (thief) => {
    const { branch: aside } = await thief.plant();
    const { number, sha } = await thief.open(aside);
    const approval = { event: "APPROVED", commit_id: sha };
    await thief.call(`POST REPO/pulls/${number}/reviews`, approval);
    await thief.call(`PATCH REPO/pulls/${number}`, { base: "main" });
    await thief.call(`POST REPO/statuses/${sha}`, { context: "ci/local/test", state: "success" });
    await thief.merge(number);
  },
  "a review of another's that is dismissed or deleted": async (thief) => {
    const { number, sha } = await thief.open();
    const other = thieves.find((login) => login !== thief.login) ?? "";
    const no = { verdict: "changes-requested", sha, body: "no", comments: [] } as const;
    await scene.as(other).reviews(repo).submit(number, no);
    const [one] = await scene.as(other).reviews(repo).of(number);
    await thief.call(`POST REPO/pulls/${number}/reviews/${one?.id}/dismissals`, { message: "x" });
    await thief.call(`DELETE REPO/pulls/${number}/reviews/${one?.id}`);
    await thief.call(`POST REPO/statuses/${sha}`, { context: "ci/local/test", state: "success" });
    await thief.merge(number);
  },
  "a head that is put in the place of an approved one": async (thief) => {
    const dev = startBot("dev-1");
    const work = await publishReady(
      dev,
      `swap by ${thief.login}`,
      fileNamed(`swap-${thief.login}`),
    );
    const { sha } = await thief.plant();
    const branch = `refs/heads/fix/issue-${work.issue}`;
    await thief.push("--force", "THERE", `${sha}:${branch}`);
    await thief.call(`POST REPO/statuses/${sha}`, { context: "ci/local/test", state: "success" });
    await thief.merge(work.pull, { head_commit_id: sha });
    await thief.merge(work.pull, { head_commit_id: work.head });
  },
};

const cases = thieves.flatMap((login) => Object.keys(ways).map((way) => [login, way] as const));

test.each(cases)("by the token of %s: %s", async (login, way) => {
  const settings = async () => {
    const admin = scene.forge.reviews(repo);
    return [await readMain(), await admin.required("main")];
  };
  const before = await settings();

  await ways[way]?.(new Thief(login));

  expect(await settings()).toEqual(before);
});

test("control: after all of that an honest change is merged", async () => {
  const dev = startBot("dev-1");
  const work = await publishReady(dev, "honest", fileNamed("honest"));

  let outcome = await tryMerge(dev, work);
  if (outcome.type === "rebased") {
    const own = { ...work, head: outcome.head, pushed: outcome.head };
    await postStatus(own.head, "success");
    await review(own);
    outcome = await tryMerge(dev, own);
  }

  expect(outcome).toEqual({ type: "merged" });
});

test("control: what remains of a stolen review token: its approval of what a dev bot pushed counts, whatever it is", async () => {
  const dev = startBot("dev-1");
  const work = await dev.start("unread", fileNamed("unread"));
  await postStatus(work.head, "success");
  const thief = new Thief("review-1");

  await thief.call(`POST REPO/pulls/${work.pull}/reviews`, {
    event: "APPROVED",
    commit_id: work.head,
  });

  expect(await tryMerge(dev, work)).toEqual({ type: "merged" });
});
