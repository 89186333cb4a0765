/** A forge with people on it, and factories that want accounts there. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { setEnvironment } from "../../src/config/env-file.ts";
import { loadEnvironment } from "../../src/config/load.ts";
import { type AnyForge, openAnyForge } from "./any-forge.ts";
import { runCli } from "./cli.ts";
import { createExternalFactory } from "./external-factory.ts";

export const person = (login: string) => ({ login, password: `the password of ${login}` });

export const keyOf = (kind: "PASS" | "TOKEN", login: string) =>
  `FORGE_${kind}_${login.toUpperCase().replaceAll("-", "_")}`;

export async function factoryIdOf(folder: string): Promise<string | undefined> {
  return (await loadEnvironment(folder)).get("DISINTO_FACTORY_ID");
}

export class AccountWorld {
  readonly forge: AnyForge;
  readonly #root: string;
  #count = 0;

  private constructor(root: string, forge: AnyForge) {
    this.#root = root;
    this.forge = forge;
  }

  static async open(): Promise<AccountWorld> {
    const root = await mkdtemp(path.join(tmpdir(), "disinto-accounts-"));
    return new AccountWorld(root, await openAnyForge(root));
  }

  async end(): Promise<void> {
    await this.forge.end();
    await rm(this.#root, { recursive: true });
  }

  /** Somebody on the forge whom no factory made. */
  async addPerson(login: string, changes: object = {}): Promise<void> {
    const { password } = person(login);
    const email = `${login}@people.example`;
    const account = { username: login, email, password, must_change_password: false };
    const made = await this.forge.call("POST", "/admin/users", { body: account });
    if (made.status !== 201) throw new Error(`${login} was not made: ${made.status}`);
    const body = { login_name: "", source_id: 0, ...changes };
    const changed = await this.forge.call("PATCH", `/admin/users/${login}`, { body });
    if (changed.status !== 200) throw new Error(`${login} was not changed: ${changed.status}`);
  }

  async makeToken(login: string, name: string): Promise<string> {
    const body = { name, scopes: ["all"] };
    const as = person(login);
    return (await this.forge.call("POST", `/users/${login}/tokens`, { body, as })).body.sha1;
  }

  async markOf(login: string): Promise<string> {
    return (await this.forge.call("GET", `/users/${login}`)).body.login_name;
  }

  /** A factory whose coding bot has the login `<mark>-ada`; nothing of it is on the forge yet. */
  async makeFactory(env: Readonly<Record<string, string>> = {}) {
    const mark = `o${process.pid}x${++this.#count}`;
    const { url, password } = this.forge;
    const { folder } = await createExternalFactory({ root: this.#root, mark, url, password });
    await setEnvironment(folder, env);
    const shop = path.join(folder, `${mark}-shop`);
    const demo = path.join(import.meta.dirname, "greeter");
    await cp(demo, shop, { recursive: true });
    await repositories.init(shop);
    const disinto = (...args: readonly string[]) => runCli(folder, args);
    const init = (...more: readonly string[]) => disinto("init", shop, "--yes", ...more);
    return { folder, ada: `${mark}-ada`, mark, shop, disinto, init };
  }
}
