/** One bot's activities in the test's own process, against a scene's forge with its real rules and real git. */

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { systemClock } from "../../src/adapters/system-clock.ts";
import { pinOf } from "../../src/bot/issue/trust.ts";
import { readBotSettings } from "../../src/bot/settings.ts";
import { type BotTools, deriveFolder, projectOf } from "../../src/bot/tools.ts";
import { deriveBranch } from "../../src/core/work-branch.ts";
import type { Role } from "../../src/roles/definitions.ts";
import { publish } from "../../src/roles/dev/activities/publishing.ts";
import type { PreparedWork, PublishedWork } from "../../src/roles/dev/work.ts";
import { buildBot } from "../../src/wiring-bot.ts";
import { repo } from "./factory-description.ts";
import type { Scene } from "./scene.ts";

export type Files = Readonly<Record<string, string>>;

interface TestBotOptions {
  readonly role?: Role;
  /** Beside what the bot's container is told. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class TestBot {
  readonly tools: BotTools;
  readonly name: string;
  readonly #life = new AbortController();
  readonly #scene: Scene;

  constructor(scene: Scene, name: string, { role = "dev", environment = {} }: TestBotOptions = {}) {
    this.#scene = scene;
    this.name = name;
    const told = { ...scene.environmentOf(name), ...environment };
    const bot = buildBot(readBotSettings(told), {
      clock: systemClock,
      environment: told,
      version: "0.0.0",
      print: () => undefined,
      redact: (text) => text,
      learnSecrets: () => undefined,
      signal: this.#life.signal,
    });
    this.tools = bot.toolsFor(role);
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  get target() {
    return projectOf(this.tools, "greeter");
  }

  /** As a killed process: its leases stay, and nobody renews them. */
  kill(): void {
    this.target.claims.stop();
    this.#life.abort();
  }

  /** Takes a new issue and does it by these files. */
  async start(title: string, files: Files): Promise<PublishedWork> {
    const issues = this.#scene.forge.issues(repo);
    const { number, body } = await issues.open({ title, body: title, labels: ["backlog"] });
    const { claims, mirror } = this.target;
    const base = (await mirror.refresh()).get("refs/heads/main") ?? "";
    await claims.take(number);
    const work: PreparedWork = {
      project: "greeter",
      issue: number,
      title,
      counters: {},
      pin: pinOf({ title, body }),
      base,
      start: base,
      head: undefined,
    };
    return this.publish(work, files);
  }

  async publish(work: PreparedWork, files: Files): Promise<PublishedWork> {
    const outcome = await this.tryPublish(work, files);
    if (outcome.type !== "published") throw new Error(`it was not published: ${outcome.type}`);
    return outcome.work;
  }

  async tryPublish(work: PreparedWork, files: Files) {
    const { folders } = this.target;
    const name = deriveFolder(work.issue);
    const at = { branch: deriveBranch(this.target.project, work.issue), sha: work.start };
    await writeFiles(await folders.prepare(name, at), files);
    const collected = await folders.collect(name, work.start);
    if (collected.type === "refused") throw new Error(collected.reason);
    const committedAt = "2026-01-01T00:00:00Z";
    const state = { at: "publishing", work, tree: collected.tree, committedAt } as const;
    return publish(this.tools, state, this.signal);
  }

  /** As somebody who pushes to the work branch; answers the new head. */
  async push(work: PublishedWork, files: Files, parent = work.head): Promise<string> {
    const { folders, mirror } = this.target;
    const refs = await mirror.refresh();
    const ref = `refs/heads/${deriveBranch(this.target.project, work.issue)}`;
    await writeFiles(await folders.prepare("push", { branch: "push", sha: parent }), files);
    const collected = await folders.collect("push", parent);
    if (collected.type === "refused") throw new Error(collected.reason);
    const head = await mirror.objects.commit({
      tree: collected.tree,
      parents: [parent],
      message: "By hand",
      author: { name: this.name, email: "person@example.org" },
      at: "2026-01-02T00:00:00Z",
    });
    const swapped = await mirror.swap([{ ref, from: refs.get(ref), to: head }]);
    if (swapped !== "applied") throw new Error("the push was refused");
    return head;
  }
}

async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
