/** A dev bot in this process, with the real adapters, against an embedded forge and real git; people act through the API. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { remoteGitEnvironment } from "../../src/adapters/git/environment.ts";
import { runOrThrow } from "../../src/adapters/process.ts";
import { systemClock } from "../../src/adapters/system-clock.ts";
import type { BotSettings } from "../../src/bot/settings.ts";
import type { BotTools } from "../../src/bot/tools.ts";
import type { ProjectTask } from "../../src/core/project-task.ts";
import { runDev } from "../../src/roles/dev/run.ts";
import { buildBot } from "../../src/wiring-bot.ts";
import {
  type Body,
  basic,
  type Call,
  startTestForge,
  type TestForge,
} from "../forge-contract/test-forge.ts";
import { pushFile, readFileAt } from "../forge-contract/work-tree.ts";
import { announcedUrl, labels, project, settings } from "./bot-defaults.ts";
import { scriptedCoder } from "./factory-description.ts";
import { startForgeProcess } from "./forge-process.ts";

export type Event = Readonly<Record<string, unknown>>;

interface BotOptions {
  readonly name?: string;
  /** argv of the harness; without: the one that does what the issue says. */
  readonly command?: readonly string[];
  readonly project?: Partial<ProjectTask>;
  readonly settings?: Partial<BotSettings>;
  readonly change?: (tools: BotTools) => BotTools;
}

/** A bot at work. */
export interface Running {
  readonly tools: BotTools;
  readonly events: readonly Event[];
  /** SIGTERM, as the runner hears it. */
  stop(): Promise<void>;
  /** Says nothing more to anybody, as one that was killed. */
  kill(): void;
  /** Settles when the bot has ended by itself. */
  readonly ended: Promise<void>;
}

interface Person {
  readonly token: string;
  readonly call: Call;
}

export class BotFixture {
  readonly forge: TestForge;
  readonly folder: string;
  /** May write code. */
  readonly ada: Call;
  /** May not. */
  readonly eve: Call;
  readonly #tokens = new Map<string, string>();
  readonly #adasToken: string;
  readonly #running = new Set<Running>();
  readonly #bots: readonly string[];
  #shops = 0;

  private constructor(
    forge: TestForge,
    folder: string,
    people: { ada: Person; eve: Call; bots: readonly string[] },
  ) {
    this.#bots = people.bots;
    this.forge = forge;
    this.folder = folder;
    this.ada = people.ada.call;
    this.#adasToken = people.ada.token;
    this.eve = people.eve;
  }

  static async open(bots: readonly string[] = ["bot"]): Promise<BotFixture> {
    const forge = await startTestForge(startForgeProcess);
    const folder = await mkdtemp(path.join(tmpdir(), "disinto-bench-"));
    const ada = await forge.user("ada");
    const eve = await forge.user("eve");
    const bench = new BotFixture(forge, folder, { ada, eve: eve.call, bots });
    await forge.admin("POST", "/user/repos", { name: "factory", auto_init: true, private: true });
    for (const name of bots) {
      const { token } = await forge.user(name);
      bench.#tokens.set(name, token);
      const member = `/repos/root/factory/collaborators/${name}`;
      await forge.admin("PUT", member, { permission: "write" });
    }
    return bench;
  }

  /** A repository of the test's own, and bots that know nothing of the ones before. */
  async newRepository(): Promise<void> {
    await this.stopAll();
    this.#shops += 1;
    const made = {
      name: `shop-${this.#shops}`,
      auto_init: true,
      default_branch: "main",
      private: true,
    };
    await this.forge.admin("POST", "/user/repos", made);
    for (const name of labels)
      await this.forge.admin("POST", `${this.repositoryPath}/labels`, { name, color: "#112233" });
    for (const name of ["ada", "eve", ...this.#bots]) {
      const permission = name === "eve" ? "read" : "write";
      await this.forge.admin("PUT", `${this.repositoryPath}/collaborators/${name}`, { permission });
    }
  }

  get #repo() {
    return { owner: "root", name: `shop-${this.#shops}` };
  }

  get repositoryPath(): string {
    return `/repos/root/shop-${this.#shops}`;
  }

  async stopAll(): Promise<void> {
    for (const running of this.#running) await running.stop();
    this.#running.clear();
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.forge.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** One that adds a file of the name, unless told otherwise. */
  async issue(
    title: string,
    { by = this.ada, body = askForFile(`${title}.txt`), names = ["backlog"] }: IssueOptions = {},
  ): Promise<number> {
    const made = await by("POST", `${this.repositoryPath}/issues`, { title, body });
    const number = Number(made.body.number);
    if (names.length > 0) await this.label(number, names);
    return number;
  }

  async label(number: number, names: readonly string[]): Promise<void> {
    await this.ada("POST", `${this.repositoryPath}/issues/${number}/labels`, { labels: names });
  }

  async get(part: string): Promise<Body> {
    return (await this.forge.admin("GET", `${this.repositoryPath}${part}`)).body;
  }

  async labelsOf(issue: number): Promise<readonly string[]> {
    const { labels: found } = await this.get(`/issues/${issue}`);
    return (found as unknown as readonly { name: string }[]).map(({ name }) => name).sort();
  }

  async commentsOf(number: number): Promise<readonly string[]> {
    const found = await this.get(`/issues/${number}/comments`);
    return (found as unknown as readonly { body: string }[]).map(({ body }) => body);
  }

  async pulls(): Promise<readonly Body[]> {
    return (await this.get("/pulls?state=all")) as unknown as readonly Body[];
  }

  /** Ref → sha, as the forge has them. */
  async refs(): Promise<ReadonlyMap<string, string>> {
    const listed = await this.git(["ls-remote", this.remote]);
    return new Map(
      listed
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split("\t").reverse() as [string, string]),
    );
  }

  get remote(): string {
    return `${this.forge.url}/root/shop-${this.#shops}.git`;
  }

  /** As a person with rights to the repository. */
  git(argv: readonly string[], cwd = this.folder): Promise<string> {
    const token = this.#tokens.values().next().value ?? "";
    const access = { forgeUrl: this.forge.url, login: "x", token };
    return runOrThrow(["git", ...argv], { cwd, env: remoteGitEnvironment(access) });
  }

  fileOn(branch: string, file: string): Promise<string | undefined> {
    return readFileAt(this.#adasRemote, { ref: `refs/heads/${branch}`, file });
  }

  /** Ada's commit of one file on top of the primary branch, pushed there unless told. */
  async commitFile(file: string, { text = `${file}\n`, branch = "main" } = {}): Promise<void> {
    await pushFile(this.#adasRemote, { file, text, from: "main", branch });
  }

  get #adasRemote(): string {
    return this.forge.remote(`root/shop-${this.#shops}`, this.#adasToken);
  }

  approve(pull: number, sha: string): Promise<unknown> {
    const review = { event: "APPROVED", commit_id: sha, body: "" };
    return this.ada("POST", `${this.repositoryPath}/pulls/${pull}/reviews`, review);
  }

  async revoke(name: string): Promise<void> {
    const own = this.forge.as(basic(name, `${name}-password`));
    await own("DELETE", `/users/${name}/tokens/bot`);
  }

  home(name = "bot"): string {
    return path.join(this.folder, `${name}-${this.#shops}`);
  }

  async journal(name = "bot"): Promise<Record<string, unknown>> {
    return JSON.parse(
      await readFile(path.join(this.home(name), "data", "dev.journal.json"), "utf8"),
    );
  }

  start(options: BotOptions & { readonly once?: boolean } = {}): Running {
    const { name = "bot", command = scriptedCoder, once = false } = options;
    const { change = (tools) => tools } = options;
    const stopping = new AbortController();
    const events: Event[] = [];
    const bot = buildBot(
      {
        name,
        roles: ["dev"],
        harness: "command",
        command,
        limits: { minutes: 1, silence: 1 },
        pollIntervalMs: 40,
        projects: [{ ...project, repo: this.#repo, ...options.project }],
        forge: {
          url: this.forge.url,
          announced: announcedUrl,
          user: name,
          token: this.#tokens.get(name) ?? "",
        },
        ...settings,
        reposFolder: path.join(this.home(name), "repos"),
        dataFolder: path.join(this.home(name), "data"),
        ...options.settings,
      },
      {
        clock: systemClock,
        version: "0",
        environment: { PATH: process.env.PATH },
        print: (line) => events.push(JSON.parse(line) as Event),
        redact: (text) => text,
        learnSecrets: () => undefined,
        signal: stopping.signal,
      },
    );
    const tools = change(bot.toolsFor("dev"));
    const ended = runDev({ tools, signal: stopping.signal, once }).finally(() => {
      stopping.abort();
      for (const { claims } of tools.projects.values()) claims.stop();
    });
    const stop = async (): Promise<void> => {
      stopping.abort();
      await ended;
    };
    const kill = (): void => {
      this.#running.delete(running);
      stopping.abort();
      for (const { claims } of tools.projects.values()) claims.stop();
    };
    const running: Running = { tools, events, ended, stop, kill };
    this.#running.add(running);
    return running;
  }
}

interface IssueOptions {
  readonly by?: Call;
  readonly body?: string;
  readonly names?: readonly string[];
}

/** What the scripted coder does. */
export function askForFile(file: string, text = "hello"): string {
  return `\`\`\`file ${file}\n${text}\n\`\`\``;
}

/** A harness as a line of JavaScript, in an async function; `prompt` holds what it is asked. */
export function nodeScript(text: string): readonly string[] {
  const head =
    'import fs from "node:fs"; import { text as all } from "node:stream/consumers"; const prompt = await all(process.stdin);';
  return [process.execPath, "--input-type=module", "-e", `${head}\n${text}`];
}

/** States that the bot has passed through. */
export function statesOf({ events }: Running): readonly string[] {
  return events.filter(({ type }) => type === "state.entered").map(({ at }) => String(at));
}
