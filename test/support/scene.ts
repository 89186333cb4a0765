/** A forge, its identities and a repository, made once and copied for each scene: real processes, folders of their own. */
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildForge } from "../../src/adapters/forgejo/forge.ts";
import { buildForgeAdmin } from "../../src/adapters/forgejo/forge-admin.ts";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { applyIdentities } from "../../src/apply/identities.ts";
import { collectSlots } from "../../src/core/backend.ts";
import { deriveBotEnvironment } from "../../src/core/bot-environment.ts";
import type { Factory } from "../../src/core/factory.ts";
import { deriveIdentities } from "../../src/core/identities.ts";
import { CI_ADDRESS_FILE } from "../../src/core/layout.ts";
import { CI_LOGIN, deriveCredentialKeys } from "../../src/core/names.ts";
import { formatProjects } from "../../src/core/project-shape.ts";
import { createAccount } from "../../src/forge/admin.ts";
import { Database } from "../../src/forge/database.ts";
import { databaseFile } from "../../src/forge/serve.ts";
import type { Forge } from "../../src/ports/forge.ts";
import type { ForgeAdmin } from "../../src/ports/forge-admin.ts";
import { readEvents } from "./event-reader.ts";
import { makeFactory } from "./factories.ts";
import { findFreePort } from "./fleet.ts";
import { ForgeView } from "./forge-view.ts";
import { Processes } from "./processes.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const demo = fileURLToPath(new URL("../../demo/", import.meta.url));

export const repo = { owner: "disinto-admin", name: "greeter" };
const CI_TOKEN = "the ci token of a test";
const admin = { login: "disinto-admin", password: "the administrator of a test" };

export const scriptedCoder = [process.execPath, path.join(here, "coder.mjs")];
const scriptedReviewer = [process.execPath, path.join(demo, "reviewer.mjs")];

export interface Cast {
  readonly devs: readonly string[];
  readonly reviewers: readonly string[];
  /** Bots with both roles. */
  readonly both?: readonly string[];
  readonly coder?: readonly string[];
  readonly reviewer?: readonly string[];
  /** Seconds; bots that are many leave a small machine more time for work the less often they ask. */
  readonly pollInterval?: number;
  /** Further lines of the project's file, before its bots. */
  readonly project?: readonly string[];
  /** By bot: lines of its section instead of those that name a command. */
  readonly sections?: Readonly<Record<string, readonly string[]>>;
}

/** Prepared once; holds no process. */
export class Template {
  readonly folder: string;
  readonly factory: Factory;
  readonly secrets: ReadonlyMap<string, string>;

  private constructor(folder: string, factory: Factory, secrets: ReadonlyMap<string, string>) {
    this.folder = folder;
    this.factory = factory;
    this.secrets = secrets;
  }

  /** Through the same code as `disinto init`. */
  static async create(cast: Cast): Promise<Template> {
    const folder = await mkdtemp(path.join(tmpdir(), "disinto-template-"));
    const factory = describe(cast);
    const forgeFolder = path.join(folder, "forge");
    await createAccount(forgeFolder, {
      username: admin.login,
      email: "admin@bots.invalid",
      admin: true,
      password: admin.password,
    });
    const processes = new Processes();
    try {
      const url = await processes.startForge(forgeFolder, await findFreePort());
      const secrets = new Map<string, string>();
      await applyIdentities(
        {
          forge: buildForgeAdmin({ url, admin }),
          secrets: {
            get: (key) => secrets.get(key),
            set: async (values) => {
              for (const [key, value] of Object.entries(values)) secrets.set(key, value);
            },
          },
          newSecret: () => crypto.randomUUID(),
          fill: { repo, with: () => fill(folder, url) },
          say: () => undefined,
        },
        deriveIdentities(factory),
        { dryRun: false },
      );
      await processes.stop("forge");
      gatherDatabase(forgeFolder);
      return new Template(folder, factory, secrets);
    } finally {
      await processes.endAll();
    }
  }

  /** With which an identity makes itself a token. */
  credentialsOf(name: string): { readonly login: string; readonly password: string } {
    return { login: name, password: this.secrets.get(deriveCredentialKeys(name).password) ?? "" };
  }

  discard(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** Into its one file: a connection of this process, closed and not yet collected, removes the others at any time. */
function gatherDatabase(folder: string): void {
  const database = new Database(databaseFile(folder));
  database.get("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

async function fill(folder: string, url: string): Promise<void> {
  const work = path.join(folder, "work");
  await cp(path.join(demo, "repository"), work, { recursive: true });
  await repositories.init(work);
  const access = { forgeUrl: url, login: admin.login, token: admin.password };
  await repositories.push({ folder: work, url: `${url}/${repo.owner}/${repo.name}.git`, access });
}

function describe({ devs, reviewers, both = [], project = [], ...commands }: Cast): Factory {
  const { coder = scriptedCoder, reviewer = scriptedReviewer, pollInterval = 0.1 } = commands;
  const { sections = {} } = commands;
  const section = (name: string, command: readonly string[], ...roles: readonly string[]) =>
    [
      `[agents.${name}]`,
      `roles = ${JSON.stringify(roles)}`,
      ...(sections[name] ?? ['harness = "command"', `command = ${JSON.stringify(command)}`]),
      `poll_interval = ${pollInterval}`,
    ].join("\n");
  const text = [
    `repo = "${repo.owner}/${repo.name}"`,
    ...project,
    "[ci]",
    'required = ["ci/local/test"]',
    ...devs.map((name) => section(name, coder, "dev")),
    ...reviewers.map((name) => section(name, reviewer, "review")),
    ...both.map((name) => section(name, coder, "dev", "review")),
  ];
  return makeFactory("DISINTO_ENGINE=local\n", { greeter: `${text.join("\n")}\n` });
}

type Call = (method: "POST" | "PATCH", where: string, body: object) => Promise<void>;

/** A running copy of a template. */
export class Scene {
  readonly folder: string;
  readonly url: string;
  readonly processes: Processes;
  /** As the administrator sees it. */
  readonly forge: Forge;
  readonly view: ForgeView;
  readonly #template: Template;

  private constructor(options: {
    folder: string;
    url: string;
    template: Template;
    processes: Processes;
    token: string;
  }) {
    this.folder = options.folder;
    this.url = options.url;
    this.processes = options.processes;
    this.forge = buildForge({ url: this.url, token: options.token });
    this.view = new ForgeView({ url: this.url, token: options.token, admin });
    this.#template = options.template;
  }

  static async open(template: Template): Promise<Scene> {
    const folder = await mkdtemp(path.join(tmpdir(), "disinto-scene-"));
    await cp(path.join(template.folder, "forge"), path.join(folder, "forge"), {
      recursive: true,
      filter: (file) => !/\.db-(wal|shm)$/.test(file),
    });
    const processes = new Processes();
    const url = await processes.startForge(path.join(folder, "forge"), await findFreePort());
    const { tokens } = buildForgeAdmin({ url, admin });
    const token = await tokens.create(admin, { name: "test", scopes: ["all"] });
    return new Scene({ folder, url, template, processes, token });
  }

  /** What only the operator may. */
  get admin(): ForgeAdmin {
    return buildForgeAdmin({ url: this.url, admin });
  }

  get bots(): readonly string[] {
    return this.#template.factory.bots.map(({ name }) => name);
  }

  /** The forge as an identity of the template sees it. */
  as(name: string): Forge {
    return buildForge({ url: this.url, token: this.#tokenOf(name) });
  }

  /** What the bot's container is told; `url` stands in for the forge's own address. */
  environmentOf(name: string, url = this.url): Readonly<Record<string, string>> {
    const { factory } = this.#template;
    const bot = factory.bots.find((one) => one.name === name);
    if (!bot) throw new Error(`no bot ${name}`);
    return {
      ...machineEnvironment(),
      ...deriveBotEnvironment(bot, { factory, slots: collectSlots(factory.bots), forgeUrl: url }),
      FORGE_TOKEN: this.#tokenOf(name),
      CI_TOKEN,
      CI_URL: pathToFileURL(path.join(this.#home(CI_LOGIN, "data"), CI_ADDRESS_FILE)).href,
      AGENT_DATA: this.#home(name, "data"),
      AGENT_REPOS: this.#home(name, "repos"),
    };
  }

  /** A person without any right here; answers a call as this person. */
  async addStranger(login: string): Promise<Call> {
    const { users, tokens } = this.admin;
    const person = { login, password: `the password of ${login}` };
    await users.create({ ...person, email: `${login}@people.invalid` });
    const token = await tokens.create(person, { name: "test", scopes: ["all"] });
    return async (method, where, body) => {
      const response = await fetch(`${this.url}/api/v1/repos/${repo.owner}/${repo.name}${where}`, {
        method,
        headers: { authorization: `token ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${method} ${where} is answered with ${response.status}`);
    };
  }

  startBot(name: string, environment = this.environmentOf(name)): void {
    this.processes.start(name, ["agent", "run"], environment);
  }

  startCi(): void {
    this.processes.start(CI_LOGIN, ["ci", "serve"], {
      ...machineEnvironment(),
      CI_PROJECTS: formatProjects(this.#template.factory.projects),
      CI_DATA: this.#home(CI_LOGIN, "data"),
      CI_TOKEN,
      FORGE_URL: this.url,
      FORGE_TOKEN: this.#tokenOf(CI_LOGIN),
    });
  }

  /** Ends the forge with SIGKILL, and starts it again on the same port. */
  async restartForge(): Promise<void> {
    await this.processes.kill("forge");
    await this.processes.startForge(
      path.join(this.folder, "forge"),
      Number(new URL(this.url).port),
    );
  }

  /** Every event of a bot, oldest first. */
  events(name: string): Promise<readonly Record<string, unknown>[]> {
    return readEvents(this.#home(name, "data"));
  }

  async close(): Promise<void> {
    await this.processes.endAll();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** All that a bot has on its disk. */
  dropVolume(name: string): Promise<void> {
    return rm(path.join(this.folder, name), { recursive: true });
  }

  /** A file of the scene, for what a test wants to keep. */
  async write(name: string, text: string): Promise<string> {
    const file = path.join(this.folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  #home(name: string, part: string): string {
    return path.join(this.folder, name, part);
  }

  #tokenOf(name: string): string {
    return this.#template.secrets.get(deriveCredentialKeys(name).token) ?? "";
  }
}

/** What any program needs of the machine; nothing of the test run's. */
function machineEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: tmpdir(), LANG: "C.UTF-8" };
}
