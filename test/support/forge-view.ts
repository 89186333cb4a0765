/** What has become of a repository, read from the forge as its administrator: everything that a scenario judges. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { remoteGitEnvironment } from "../../src/adapters/git/environment.ts";
import { run, runOrThrow, toolEnvironment } from "../../src/adapters/process.ts";
import { readFileAt } from "../forge-contract/work-tree.ts";

export interface PullView {
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly state: string;
  readonly merged: boolean;
}

export interface IssueView {
  readonly number: number;
  readonly title: string;
  readonly state: string;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly comments: readonly { readonly author: string; readonly body: string }[];
}

interface Access {
  readonly url: string;
  readonly token: string;
  readonly admin: { readonly login: string; readonly password: string };
}

interface Row {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: string;
  readonly merged: boolean;
  readonly user: { readonly login: string };
  readonly labels: readonly { readonly name: string }[];
  readonly assignees: readonly { readonly login: string }[] | null;
}

export class ForgeView {
  readonly #access: Access;
  readonly #base: string;

  constructor(access: Access) {
    this.#access = access;
    this.#base = `${access.url}/api/v1/repos/disinto-admin/greeter`;
  }

  /** Every pull request there ever was, lowest number first. */
  async pulls(): Promise<readonly PullView[]> {
    const rows = await this.#all<Row>("/pulls?state=all");
    return rows
      .map(({ number, title, state, merged, user }) => {
        return { number, title, state, merged, author: user.login };
      })
      .sort((a, b) => a.number - b.number);
  }

  /** Every issue with its comments, lowest number first. */
  async issues(): Promise<readonly IssueView[]> {
    const rows = await this.#all<Row>("/issues?state=all&type=issues");
    const views = rows.map(async ({ number, title, state, labels, assignees }) => ({
      number,
      title,
      state,
      labels: labels.map(({ name }) => name).sort(),
      assignees: (assignees ?? []).map(({ login }) => login),
      comments: (await this.#all<Row>(`/issues/${number}/comments`)).map(({ user, body }) => {
        return { author: user.login, body };
      }),
    }));
    return (await Promise.all(views)).sort((a, b) => a.number - b.number);
  }

  /** Every ref but those of pull requests, which a forge keeps for ever. */
  async refs(): Promise<ReadonlyMap<string, string>> {
    const text = await runOrThrow(["git", "ls-remote", "--quiet", this.#remote], {
      env: this.#gitEnvironment,
    });
    const lines = text.trimEnd().split("\n");
    const refs = lines.map((line): [string, string] => {
      const [sha = "", ref = ""] = line.split("\t");
      return [ref, sha];
    });
    return new Map(refs.filter(([ref]) => ref !== "HEAD" && !ref.startsWith("refs/pull/")));
  }

  /** A file as it is on a branch, or undefined. */
  async read(branch: string, file: string): Promise<string | undefined> {
    const remote = this.#remote.replace("://", `://x:${this.#access.token}@`);
    return await readFileAt(remote, { ref: `refs/heads/${branch}`, file });
  }

  /** The primary branch, oldest commit first; `look` gets a work tree of each. */
  async history<Found>(
    look: (commit: Commit, folder: string) => Promise<Found>,
  ): Promise<readonly Found[]> {
    const folder = await mkdtemp(path.join(tmpdir(), "disinto-history-"));
    try {
      const env = this.#gitEnvironment;
      await runOrThrow(["git", "clone", "--quiet", "--template=", this.#remote, folder], { env });
      const here = { cwd: folder, env };
      const format = "--format=%H%x09%an%x09%s%x09%P";
      const log = await runOrThrow(["git", "log", "--reverse", format], here);
      const found: Found[] = [];
      for (const line of log.trimEnd().split("\n")) {
        const [sha = "", author = "", subject = "", parents = ""] = line.split("\t");
        await runOrThrow(["git", "checkout", "--quiet", "--detach", sha], here);
        const commit = { sha, author, subject, parents: parents.split(" ").filter(Boolean) };
        found.push(await look(commit, folder));
      }
      return found;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** As the administrator, over the rules of the branch. */
  async forceMerge(pull: number, head: string): Promise<void> {
    const body = { Do: "fast-forward-only", head_commit_id: head, force_merge: true };
    await this.#post(`/pulls/${pull}/merge`, body);
  }

  /** The issue or pull request waits for the other one. */
  async addDependency(number: number, other: number): Promise<void> {
    const body = { owner: "disinto-admin", repo: "greeter", index: other };
    await this.#post(`/issues/${number}/dependencies`, body);
  }

  async #post(where: string, body: object): Promise<void> {
    const response = await fetch(`${this.#base}${where}`, {
      method: "POST",
      headers: {
        authorization: `token ${this.#access.token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${where} is answered with ${response.status}`);
  }

  get #remote(): string {
    return `${this.#access.url}/disinto-admin/greeter.git`;
  }

  get #gitEnvironment() {
    const { url, admin } = this.#access;
    return remoteGitEnvironment({ forgeUrl: url, login: admin.login, token: admin.password });
  }

  async #all<Item>(where: string): Promise<readonly Item[]> {
    const found: Item[] = [];
    for (let page = 1; ; page++) {
      const separator = where.includes("?") ? "&" : "?";
      const response = await fetch(`${this.#base}${where}${separator}limit=50&page=${page}`, {
        headers: { authorization: `token ${this.#access.token}` },
      });
      if (!response.ok) throw new Error(`${where} is answered with ${response.status}`);
      const items = (await response.json()) as Item[];
      found.push(...items);
      if (items.length < 50) return found;
    }
  }
}

interface Commit {
  readonly sha: string;
  readonly author: string;
  readonly subject: string;
  readonly parents: readonly string[];
}

/** Whether the tests in a work tree pass. */
export async function passesTests(folder: string): Promise<boolean> {
  const { exitCode } = await run([process.execPath, "--test"], {
    cwd: folder,
    env: toolEnvironment(),
  });
  return exitCode === 0;
}
