/** A forge, its identities and a repository, made once and copied for each scene: real processes, folders of their own. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { buildForge } from "../../src/adapters/forgejo/forge.ts";
import { buildForgeAdmin } from "../../src/adapters/forgejo/forge-admin.ts";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { applyIdentities } from "../../src/apply/identities.ts";
import { withLock } from "../../src/config/file-lock.ts";
import type { Factory } from "../../src/core/factory.ts";
import { deriveIdentities } from "../../src/core/identities.ts";
import { CI_ADDRESS_FILE, CI_NAME, deriveCredentialKeys } from "../../src/core/names.ts";
import { formatProjects } from "../../src/core/project-task.ts";
import type { Forge } from "../../src/ports/forge.ts";
import type { ForgeAdmin } from "../../src/ports/forge-admin.ts";
import type { RemoteAccess } from "../../src/ports/remote-access.ts";
import { deriveBotVariables } from "../../src/settings/bot.ts";
import { builtFolder, templatesFolder } from "../answers/folders.ts";
import { buildCli, runCli } from "./cli.ts";
import { readEvents } from "./event-reader.ts";
import {
  adminLogin,
  describeFactory,
  type FactoryDescription,
  repo,
} from "./factory-description.ts";
import { findFreePort } from "./fleet.ts";
import { ForgeView } from "./forge-view.ts";
import { Processes } from "./processes.ts";

const CI_TOKEN = "the ci token of a test";

/** Prepared once for all test files of a run that want the same cast; holds no process. */
export class Template {
  readonly folder: string;
  readonly factory: Factory;
  readonly secrets: ReadonlyMap<string, string>;
  readonly admin: Administrator;

  private constructor(folder: string, factory: Factory, { secrets, admin }: Made) {
    this.folder = folder;
    this.factory = factory;
    this.secrets = new Map(secrets);
    this.admin = admin;
  }

  static async create(cast: FactoryDescription): Promise<Template> {
    await buildCli();
    const stamp = await readFile(path.join(builtFolder, "stamp"), "utf8");
    const described = JSON.stringify([stamp, cast]);
    const name = createHash("sha256").update(described).digest("hex").slice(0, 16);
    const folder = path.join(templatesFolder, name);
    const file = path.join(folder, "made.json");
    const factory = describeFactory(cast);
    await withLock({ folder: builtFolder, name, waitMs: 120_000 }, async () => {
      if (existsSync(file)) return;
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await writeFile(file, JSON.stringify(await make(folder, factory, cast.files)));
    });
    return new Template(folder, factory, JSON.parse(await readFile(file, "utf8")) as Made);
  }

  /** With which an identity makes itself a token. */
  credentialsOf(name: string): { readonly login: string; readonly password: string } {
    return { login: name, password: this.secrets.get(deriveCredentialKeys(name).password) ?? "" };
  }
}

interface Administrator {
  readonly login: string;
  readonly password: string;
}

interface Made {
  readonly secrets: readonly (readonly [string, string])[];
  readonly admin: Administrator;
}

/** Through the same code as `disinto init`. */
async function make(
  folder: string,
  factory: Factory,
  files: FactoryDescription["files"],
): Promise<Made> {
  const forgeFolder = path.join(folder, "forge");
  const admin = await createAdministrator(forgeFolder);
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
        fill: { repo, with: () => fill(folder, { url, admin }, files) },
        say: () => undefined,
      },
      deriveIdentities(factory),
      { dryRun: false },
    );
    // A database that no process has open can be copied.
    await processes.stop("forge");
    return { secrets: [...secrets], admin };
  } finally {
    await processes.endAll();
  }
}

/** By a process of its own: one that has had a database open may still delete files of it. */
async function createAdministrator(folder: string): Promise<Administrator> {
  const account = ["--username", adminLogin, "--email", "admin@bots.invalid", "--admin"];
  const { stdout } = await runCli(folder, [
    ...["forge", "admin", "user", "create", "--folder", folder, ...account],
    ...["--random-password", "--must-change-password=false"],
  ]);
  return { login: adminLogin, password: /password is '(.+)'/.exec(stdout)?.[1] ?? "" };
}

interface Site {
  readonly url: string;
  readonly admin: Administrator;
}

async function fill(folder: string, { url, admin }: Site, files: FactoryDescription["files"] = {}) {
  const work = path.join(folder, "work");
  await cp(path.join(import.meta.dirname, "greeter"), work, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(work, file), text);
  await repositories.init(work);
  const access = { forgeUrl: url, login: admin.login, token: admin.password };
  await repositories.push({ folder: work, url: `${url}/${repo.owner}/${repo.name}.git`, access });
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
    this.#template = options.template;
    const { admin } = options.template;
    this.view = new ForgeView({ url: this.url, token: options.token, admin });
  }

  static async open(template: Template): Promise<Scene> {
    const folder = await mkdtemp(path.join(tmpdir(), "disinto-scene-"));
    await cp(path.join(template.folder, "forge"), path.join(folder, "forge"), { recursive: true });
    const processes = new Processes();
    const url = await processes.startForge(path.join(folder, "forge"), await findFreePort());
    const { admin } = template;
    const { tokens } = buildForgeAdmin({ url, admin });
    const token = await tokens.create(admin, { name: "test", scopes: ["all"] });
    return new Scene({ folder, url, template, processes, token });
  }

  /** What only the operator may. */
  get admin(): ForgeAdmin {
    return buildForgeAdmin({ url: this.url, admin: this.#template.admin });
  }

  get adminAccess(): RemoteAccess {
    const { login, password: token } = this.#template.admin;
    return { forgeUrl: this.url, login, token };
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
      ...deriveBotVariables({ bot, factory, forgeUrl: url }).environment,
      FORGE_TOKEN: this.#tokenOf(name),
      CI_TOKEN,
      CI_URL: pathToFileURL(path.join(this.#home(CI_NAME, "data"), CI_ADDRESS_FILE)).href,
      AGENT_DATA: this.#home(name, "data"),
      AGENT_REPOS: this.#home(name, "repos"),
    };
  }

  /** A person without any right here; answers a call as this person. */
  async addStranger(login: string): Promise<Call> {
    const { users, tokens } = this.admin;
    const person = { login, password: `the password of ${login}` };
    await users.create({ ...person, email: `${login}@people.invalid`, mark: "" });
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
    this.processes.start(CI_NAME, ["ci", "serve"], {
      ...machineEnvironment(),
      CI_PROJECTS: formatProjects(this.#template.factory.projects),
      CI_DATA: this.#home(CI_NAME, "data"),
      CI_TOKEN,
      FORGE_URL: this.url,
      FORGE_TOKEN: this.#tokenOf(CI_NAME),
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
    // A harness that outlives its killed bot for a moment may still write.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
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
