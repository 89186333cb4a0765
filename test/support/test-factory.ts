/** A factory of a test's own: a temporary folder, free ports, the real command line; ended whatever happens. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildForge } from "../../src/adapters/forgejo/forge.ts";
import { buildForgeAdmin } from "../../src/adapters/forgejo/forge-admin.ts";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { loadEnvironment } from "../../src/config/load.ts";
import type { Forge, Issue } from "../../src/ports/forge.ts";
import type { History } from "../../src/ports/repositories.ts";
import { type Ended, runCli } from "./cli.ts";
import { noteFiles } from "./secret-scan.ts";

const demo = fileURLToPath(new URL("../../demo/", import.meta.url));

export const repo = { owner: "disinto-admin", name: "greeter" };

export interface FactoryOptions {
  /** Lines of `.env` beside the forge's port. */
  readonly env: Readonly<Record<string, string>>;
  /** argv of the coder and the reviewer where the bots run. */
  readonly coder: readonly string[];
  readonly reviewer: readonly string[];
  readonly devBots: readonly string[];
}

export const localCoder = [process.execPath, path.join(demo, "coder.mjs")];
export const localReviewer = [process.execPath, path.join(demo, "reviewer.mjs")];

export class TestFactory {
  readonly folder: string;
  readonly forgeUrl: string;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.forgeUrl = `http://127.0.0.1:${port}`;
  }

  /** What an operator writes: one line in .env, one project file, and a repository of theirs. */
  static async create({ env, coder, reviewer, devBots }: FactoryOptions): Promise<TestFactory> {
    const folder = await mkdtemp(path.join(tmpdir(), "disinto-test-"));
    const port = await findFreePort();
    const lines = Object.entries({
      DISINTO_FORGE_PORT: String(port),
      LLAMA_BOTS: devBots.join(" "),
      ...env,
    });
    await writeFile(
      path.join(folder, ".env"),
      lines.map(([key, value]) => `${key}="${value}"\n`).join(""),
      { mode: 0o600 },
    );
    await mkdir(path.join(folder, "projects"));
    const bots = [
      ...devBots.map((name) => section(name, "dev", coder)),
      section("reviewer", "review", reviewer),
    ];
    const project = [
      `repo = "${repo.owner}/${repo.name}"`,
      "[ci]",
      'required = ["ci/local/test"]',
      ...bots,
    ];
    await writeFile(path.join(folder, "projects", "greeter.toml"), `${project.join("\n")}\n`);
    await cp(path.join(import.meta.dirname, "greeter"), path.join(folder, "greeter"), {
      recursive: true,
    });
    await repositories.init(path.join(folder, "greeter"));
    return new TestFactory(folder, port);
  }

  get repository(): string {
    return path.join(this.folder, "greeter");
  }

  disinto(...args: readonly string[]): Promise<Ended> {
    return runCli(this.folder, args);
  }

  /** Throws with everything it said unless it ended with 0. */
  async disintoOrThrow(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.disinto(...args);
    if (exitCode !== 0)
      throw new Error(`disinto ${args.join(" ")} ended with ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  }

  environment(): Promise<ReadonlyMap<string, string>> {
    return loadEnvironment(this.folder);
  }

  /** The forge as its administrator sees it. */
  async forge(): Promise<Forge> {
    const admin = await this.#admin();
    const { tokens } = buildForgeAdmin({ url: this.forgeUrl, admin });
    const token = await tokens.create(admin, {
      name: `test-${crypto.randomUUID()}`,
      scopes: ["all"],
    });
    return buildForge({ url: this.forgeUrl, token });
  }

  /** Issues that the demo's coder can do: each adds one file with a test. */
  async fileIssues(forge: Forge, names: readonly string[]): Promise<readonly Issue[]> {
    const filed: Issue[] = [];
    for (const name of names) {
      const issue = { title: `Add ${name}`, body: describeModule(name), labels: ["backlog"] };
      filed.push(await forge.issues(repo).open(issue));
    }
    return filed;
  }

  async history(): Promise<History> {
    const { login, password } = await this.#admin();
    const url = `${this.forgeUrl}/${repo.owner}/${repo.name}.git`;
    const folder = path.join(this.folder, `clone-${crypto.randomUUID()}`);
    return repositories.readHistory({
      folder,
      url,
      access: { forgeUrl: this.forgeUrl, login, token: password },
    });
  }

  /** The events of one service of the local engine. */
  async events(service: string): Promise<readonly Record<string, unknown>[]> {
    const file = path.join(this.folder, ".disinto", "local", service, "data", "events.jsonl");
    const text = await readFile(file, "utf8").catch(() => "");
    return text
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
  }

  async end(): Promise<void> {
    await this.disinto("down");
    await noteFiles(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #admin(): Promise<{ login: string; password: string }> {
    return {
      login: repo.owner,
      password: (await this.environment()).get("FORGE_ADMIN_PASS") ?? "",
    };
  }
}

function section(name: string, role: string, command: readonly string[]): string {
  return [
    `[agents.${name}]`,
    `roles = ["${role}"]`,
    'harness = "command"',
    `command = ${JSON.stringify(command)}`,
    "poll_interval = 0.5",
  ].join("\n");
}

function describeModule(name: string): string {
  return [
    `Add \`${name}\` with a test:`,
    "",
    `\`\`\`file src/${name}.mjs`,
    `export const ${name} = "${name}";`,
    "```",
    "",
    `\`\`\`file test/${name}.test.mjs`,
    'import assert from "node:assert/strict";',
    'import { test } from "node:test";',
    `import { ${name} } from "../src/${name}.mjs";`,
    "",
    `test("${name}", () => assert.equal(${name}, "${name}"));`,
    "```",
  ].join("\n");
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Waits for a condition, asking again at once and then every 100 ms; the limit only bounds a failure. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined | false>,
  limitMs = 90_000,
): Promise<Found> {
  const startMs = performance.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() - startMs > limitMs)
      throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
