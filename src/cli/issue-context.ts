/** What the commands about one issue start with: the project, its place on the forge, and everybody's events. */

import { resolve } from "node:path";
import type { IssueTools } from "../apply/issue-actions.ts";
import { ciVariables } from "../ci/local/variables.ts";
import type { StampedEvent } from "../core/bot-status.ts";
import { deriveDesired } from "../core/desired.ts";
import type { Factory, Project } from "../core/factory.ts";
import { DisintoError } from "../errors.ts";
import type { Forge, Issues } from "../ports/forge.ts";
import { botVariables } from "../settings/bot.ts";
import { env } from "../settings/env.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

export interface IssueFlags {
  readonly folder: string;
  readonly number: string;
  readonly project?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

export interface IssueContext extends IssueTools {
  readonly factory: Factory;
  readonly project: Project;
  readonly number: number;
  readonly forge: Forge;
}

/** A project and its forge, as the factory's administrator sees it. */
export async function openProject(
  tools: Tools,
  { folder, project: wanted }: Pick<IssueFlags, "folder" | "project">,
) {
  const fleet = await openFleet(tools, folder);
  const { factory, environment } = fleet;
  const project = chooseProject(factory.projects, wanted);
  const { url, adminUser: login } = factory.forge;
  const password = environment.get(env.forgeAdminPass.key);
  if (!password)
    throw new DisintoError("credentials.missing", "FORGE_ADMIN_PASS is not set in .env", {
      hint: "run `disinto init`",
    });
  const { forge } = await tools.forgeAdmin(url, { login, password });
  return { fleet, factory, project, forge, access: { forgeUrl: url, login, token: password } };
}

export async function withIssue<Result>(
  tools: Tools,
  flags: IssueFlags,
  act: (context: IssueContext) => Promise<Result>,
): Promise<Result> {
  const { factory, project, forge, access } = await openProject(tools, flags);
  const context = { factory, project, number: parseIssueNumber(flags.number), forge };
  const issues = forge.issues(project.repo);
  await requireIssue(issues, context);
  const { mirror, discard } = await tools.scratchMirror({ ...access, repo: project.repo });
  try {
    return await act({ ...context, issues, mirror });
  } finally {
    await discard();
  }
}

async function requireIssue(
  issues: Pick<Issues, "get">,
  { project, number }: Pick<IssueContext, "project" | "number">,
): Promise<void> {
  await issues.get(number).catch((error: unknown) => {
    if (!(error instanceof DisintoError) || error.code !== "forge.not-found") throw error;
    throw new DisintoError("forge.not-found", `${project.name} has no issue #${number}`, {
      hint: "disinto status lists the issues that wait",
      cause: error,
    });
  });
}

export function chooseProject(projects: readonly Project[], wanted: string | undefined): Project {
  const found =
    wanted === undefined && projects.length === 1
      ? projects[0]
      : projects.find(({ name }) => name === wanted);
  if (found) return found;
  const names = projects.map(({ name }) => name).join(", ") || "none is declared";
  const message = wanted === undefined ? "which project?" : `there is no project ${wanted}`;
  throw new DisintoError("usage.invalid", message, { hint: `--project with one of: ${names}` });
}

export function parseIssueNumber(text: string): number {
  if (/^#?[1-9]\d{0,9}$/.test(text)) return Number(text.replace("#", ""));
  throw new DisintoError("usage.invalid", `${JSON.stringify(text)} is not an issue number`);
}

/** Reads the events of all services, by the service's name. */
export async function readAllEvents(
  tools: Pick<Tools, "eventArchive">,
  factory: Factory,
  folder: string,
): Promise<ReadonlyMap<string, readonly StampedEvent[]>> {
  const archive = await tools.eventArchive(factory.engine);
  const { services } = deriveDesired(factory, resolve(folder));
  const read = services.map(async ({ name, container, environment }) => {
    const dataFolder = environment[botVariables.dataFolder.key] ?? environment[ciVariables.data];
    const source = dataFolder === undefined ? undefined : { container, dataFolder };
    return [name, source ? await archive.read(source) : []] as const;
  });
  return new Map(await Promise.all(read));
}
