/** A factory for showing: a small TypeScript library, bots that code, one that reviews, and no model unless one is named. */

import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { setAgentSection } from "../config/agent-section.ts";
import { setEnvironment } from "../config/env-file.ts";
import { setTomlKey } from "../config/toml-edit.ts";
import { COMMAND_HARNESS, type HarnessName } from "../harness/definitions.ts";
import type { FirstCommit, Repositories } from "../ports/repositories.ts";
import type { Role } from "../roles/definitions.ts";
import { env } from "../settings/env.ts";
import type { ProjectFile } from "../settings/project.ts";
import { findFreePort } from "./free-port.ts";

export const DEMO_REPO = { owner: "disinto-admin", name: "wordwise" };

/** A model that codes instead of the script. */
export interface DemoModel {
  readonly harness: HarnessName;
  readonly baseUrl: string | undefined;
  readonly model: string | undefined;
}

export interface DemoOptions {
  readonly folder: string;
  /** Where the package keeps the demo's files. */
  readonly assets: string;
  /** How many bots code. */
  readonly bots: number;
  /** How long the scripted coder and reviewer think, in milliseconds. */
  readonly thinkMs: number;
  readonly model: DemoModel | undefined;
}

export const REVIEWER = "reviewer";

/** `dev-qwen`, `dev-qwen2`, … */
export function nameDemoBots(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `dev-qwen${at === 0 ? "" : at + 1}`);
}

/** The operator's part: a repository with a history, `.env`, one project file. Answers where the repository is. */
export async function createDemoFiles(
  options: DemoOptions,
  repositories: Pick<Repositories, "init">,
): Promise<string> {
  const { folder, assets, bots, model } = options;
  const repository = path.join(folder, DEMO_REPO.name);
  await createLibrary(repository, assets);
  await repositories.init(repository, history(new Date()));
  await setEnvironment(folder, {
    [env.engine.key]: "local",
    [env.name.key]: "demo",
    [env.forgePort.key]: String(await findFreePort()),
    [env.dashboardPort.key]: String(await findFreePort()),
    [env.llamaBots.key]: nameDemoBots(bots).join(" "),
    ...(model?.baseUrl && { [env.llamaBaseUrl.key]: model.baseUrl }),
    ...(model?.model && { [env.llamaModel.key]: model.model }),
  });
  await mkdir(path.join(folder, "projects"));
  await writeFile(path.join(folder, "projects", `${DEMO_REPO.name}.toml`), formatProject(options));
  return repository;
}

/** Node 20 cannot run TypeScript by itself, so the tests' command names the file that lets it. */
async function createLibrary(repository: string, assets: string): Promise<void> {
  await cp(path.join(assets, "library"), repository, { recursive: true });
  const runner = pathToFileURL(path.join(assets, "run-typescript.mjs")).href;
  for (const file of ["package.json", ".woodpecker/test.yml"]) {
    const place = path.join(repository, file);
    const text = await readFile(place, "utf8");
    await writeFile(
      place,
      text.replace("{{test}}", `node --import ${runner} --test test/*.test.ts`),
    );
  }
}

const DAY_MS = 24 * 3600 * 1000;

function history(now: Date): readonly FirstCommit[] {
  const module = (name: string) => [`src/${name}.ts`, `test/${name}.test.ts`];
  const commits = [
    [21, "Mara", "Words of a text", ["package.json", "README.md", ...module("words")]],
    [17, "Mara", "Slugs of titles", module("slug")],
    [11, "Jonas", "Cut texts to a length", module("truncate")],
    [6, "Jonas", "Titles in capitals", module("title-case")],
    [2, "Mara", "Tests run for every pull request", [".woodpecker"]],
    [1, "Mara", "What everybody keeps to", ["AGENTS.md"]],
  ] as const;
  return commits.map(([daysAgo, author, subject, files]) => ({
    subject,
    author,
    date: new Date(now.getTime() - daysAgo * DAY_MS),
    files,
  }));
}

function formatProject({ assets, bots, thinkMs, model }: DemoOptions): string {
  const script = (role: Role, file: string, ...args: readonly string[]) => ({
    roles: [role],
    harness: COMMAND_HARNESS,
    command: [process.execPath, path.join(assets, file), "--think-ms", String(thinkMs), ...args],
    poll_interval: 1,
  });
  const coder = model
    ? { roles: ["dev"], harness: model.harness, poll_interval: 1 }
    : script("dev", "coder.mjs", "--script", assets);
  const repo: keyof ProjectFile = "repo";
  const ci: keyof ProjectFile = "ci";
  const required: keyof ProjectFile["ci"] = "required";
  let text = setTomlKey("", [repo], `${DEMO_REPO.owner}/${DEMO_REPO.name}`);
  text = setTomlKey(text, [ci, required], ["ci/local/test"]);
  for (const name of nameDemoBots(bots)) text = setAgentSection(text, name, coder);
  return setAgentSection(text, REVIEWER, script("review", "reviewer.mjs"));
}

export interface DemoIssue {
  readonly title: string;
  readonly body: string;
  readonly isStrangers: boolean;
}

/** The issues in the order of their numbers. */
export async function readDemoIssues(assets: string): Promise<readonly DemoIssue[]> {
  const folder = path.join(assets, "issues");
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => {
      const [heading = "", ...body] = (
        await readFile(path.join(folder, name, "issue.md"), "utf8")
      ).split("\n");
      return {
        title: heading.replace(/^# /, ""),
        body: body.join("\n").trim(),
        isStrangers: name.endsWith("-stranger"),
      };
    }),
  );
}

/** Demos that left a folder behind, by their names in the temporary folder. */
export async function findDemoFolders(parent: string): Promise<readonly string[]> {
  const names = await readdir(parent);
  return names
    .filter((name) => name.startsWith(DEMO_PREFIX))
    .map((name) => path.join(parent, name));
}

export const DEMO_PREFIX = "disinto-demo-";

export async function removeDemoFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
