/** One server under the contract, embedded or real, with users and repositories made for it and removed after it. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Body, basic, type Call, caller } from "./test-forge.ts";
import { pushFile } from "./work-tree.ts";

export interface Target {
  readonly url: string;
  readonly login: string;
  readonly password: string;
  /** Compare each answer with the API description; for the embedded forge only. */
  readonly compare: boolean;
  /** How long what an answer promised may take to come true: no time on the embedded forge. */
  readonly patienceMs: number;
}

export interface Person {
  readonly login: string;
  readonly password: string;
  readonly token: string;
  readonly call: Call;
}

export interface Repository {
  readonly path: string;
  readonly owner: string;
  readonly name: string;
}

export class World {
  readonly url: string;
  readonly target: Target;
  /** By password: it has no scopes to lack. */
  readonly admin: Call;
  readonly nobody: Call;
  readonly #prefix = `c${randomBytes(3).toString("hex")}`;
  readonly #people = new Map<string, Promise<Person>>();
  readonly #made: string[] = [];
  #repositories = 0;

  constructor(target: Target) {
    this.target = target;
    this.url = target.url;
    this.admin = this.as(basic(target.login, target.password));
    this.nobody = this.as();
  }

  as(authorization?: string): Call {
    return caller(this.url, authorization, { compare: this.target.compare });
  }

  /** Forgejo's major version: what the embedded forge does is what 11 does. */
  async major(): Promise<number> {
    const { body } = await this.nobody("GET", "/version");
    return Number.parseInt(String(body.version), 10);
  }

  login(role: string): string {
    return `${this.#prefix}-${role}`;
  }

  /** The same person for the same role; with the scopes of a bot unless told. */
  person(
    role: string,
    scopes: readonly string[] = ["write:repository", "write:issue", "read:user"],
  ): Promise<Person> {
    const known = this.#people.get(role) ?? this.#makePerson(role, scopes);
    this.#people.set(role, known);
    return known;
  }

  async #makePerson(role: string, scopes: readonly string[]): Promise<Person> {
    const login = this.login(role);
    const password = randomBytes(12).toString("hex");
    const email = `${login}@example.com`;
    const account = { username: login, email, password, must_change_password: false };
    await this.admin("POST", "/admin/users", account);
    this.#made.push(`/admin/users/${login}?purge=true`);
    const own = this.as(basic(login, password));
    const made = await own("POST", `/users/${login}/tokens`, { name: "contract", scopes });
    const token = String(made.body.sha1);
    return { login, password, token, call: this.as(`token ${token}`) };
  }

  /** The person, with a token that is limited to these repositories. */
  async limited(person: Person, repositories: readonly Repository[]): Promise<Person> {
    const { login, password } = person;
    const made = await this.as(basic(login, password))("POST", `/users/${login}/tokens`, {
      name: randomBytes(6).toString("hex"),
      scopes: ["write:repository", "write:issue"],
      repositories: repositories.map(({ owner, name }) => ({ owner, name })),
    });
    const token = String(made.body.sha1);
    return { ...person, token, call: this.as(`token ${token}`) };
  }

  /** Private, with a first commit on main; the roles named may write. */
  async repository({ writers = [], empty = false }: RepositoryOptions = {}): Promise<Repository> {
    const name = `${this.#prefix}-${++this.#repositories}`;
    const options = { name, private: true, auto_init: !empty, default_branch: "main" };
    await this.admin("POST", "/user/repos", options);
    const owner = this.target.login;
    const path = `/repos/${owner}/${name}`;
    this.#made.push(path);
    for (const role of writers) {
      const { login } = await this.person(role);
      await this.admin("PUT", `${path}/collaborators/${login}`, { permission: "write" });
    }
    return { path, owner, name };
  }

  /** Pushes a commit of one file; answers the commit's sha. */
  async commit(
    repository: Repository,
    { file, text = file, branch = "main", from = branch, by }: CommitOptions,
  ): Promise<string> {
    const { login, password } = by ?? this.target;
    const remote = this.#address(repository, { login, secret: password });
    return await pushFile(remote, { file, text: `${text}\n`, from, branch });
  }

  /** A branch with one file of its name, and its pull request, by the person. */
  async pull(
    repository: Repository,
    { by, branch, file = `${branch}.txt`, body = "" }: PullOptions,
  ): Promise<OpenPull> {
    const sha = await this.commit(repository, { file, text: branch, branch, from: "main" });
    const pull = { title: branch, head: branch, base: "main", body };
    const made = await by.call("POST", `${repository.path}/pulls`, pull);
    if (made.status !== 201) throw new Error(`no pull request: ${JSON.stringify(made.body)}`);
    const path = `${repository.path}/pulls/${made.body.number}`;
    const opened = { path, sha, number: Number(made.body.number) };
    await this.settled(opened);
    return opened;
  }

  /** Forgejo looks for conflicts behind its answers' back, and until it has, no pull request is mergeable. */
  async settled({ path }: Pick<OpenPull, "path">): Promise<void> {
    await this.eventually(async () => {
      const { body } = await this.admin("GET", path);
      return body.mergeable === (true as unknown);
    });
  }

  async protect({ path }: Repository, rule: object): Promise<Body> {
    const made = await this.admin("POST", `${path}/branch_protections`, {
      rule_name: "main",
      ...rule,
    });
    return made.body;
  }

  remote(repository: Repository, { token }: Pick<Person, "token">): string {
    return this.#address(repository, { login: "x", secret: token });
  }

  #address({ owner, name }: Repository, { login, secret }: { login: string; secret: string }) {
    const access = `://${login}:${encodeURIComponent(secret)}@`;
    return `${this.url.replace("://", access)}/${owner}/${name}.git`;
  }

  /** Forgejo does some things behind its answer's back. */
  async eventually(holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + this.target.patienceMs;
    while (!(await holds())) {
      if (Date.now() >= end) throw new Error("it did not come true in time");
      await sleep(50);
    }
  }

  /** Repositories before their owners. */
  async remove(): Promise<void> {
    const repositories = this.#made.filter((path) => path.startsWith("/repos"));
    const users = this.#made.filter((path) => path.startsWith("/admin"));
    for (const path of [...repositories, ...users]) await this.admin("DELETE", path);
  }
}

interface RepositoryOptions {
  readonly writers?: readonly string[];
  readonly empty?: boolean;
}

interface CommitOptions {
  readonly file: string;
  readonly text?: string;
  readonly branch?: string;
  readonly from?: string;
  readonly by?: Person;
}

interface PullOptions {
  readonly by: Person;
  readonly branch: string;
  readonly file?: string;
  readonly body?: string;
}

export interface OpenPull {
  readonly path: string;
  readonly sha: string;
  readonly number: number;
}
