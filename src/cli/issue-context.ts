/** What the commands about one issue start with: the project, its place on the forge, and everybody's events. */

import { resolve } from "node:path";
import type { IssueTools } from "../apply/issue-actions.ts";
import type { StampedEvent } from "../core/bot-status.ts";
import { deriveDesired } from "../core/desired.ts";
import type { Factory, Project } from "../core/factory.ts";
import { DisintoError } from "../errors.ts";
import type { Forge } from "../ports/forge.ts";
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

export async function withIssue<Result>(
  tools: Tools,
  { folder, number, project: wanted }: IssueFlags,
  act: (office: IssueContext) => Promise<Result>,
): Promise<Result> {
  const { factory, environment } = await openFleet(tools, folder);
  const project = chooseProject(factory.projects, wanted);
  const { url: forgeUrl, adminUser: login } = factory.forge;
  const password = environment.get(env.forgeAdminPass.key);
  if (!password)
    throw new DisintoError("credentials.missing", "FORGE_ADMIN_PASS is not set in .env", {
      hint: "run `disinto init`",
    });
  const { forge } = await tools.forgeAdmin(forgeUrl, { login, password });
  const remote = { forgeUrl, repo: project.repo, login, token: password };
  const { mirror, discard } = await tools.scratchMirror(remote);
  try {
    const place = { issues: forge.issues(project.repo), mirror };
    return await act({ ...place, factory, project, number: parseIssueNumber(number), forge });
  } finally {
    await discard();
  }
}

function chooseProject(projects: readonly Project[], wanted: string | undefined): Project {
  const found =
    wanted === undefined && projects.length === 1
      ? projects[0]
      : projects.find(({ name }) => name === wanted);
  if (found) return found;
  const names = projects.map(({ name }) => name).join(", ") || "none is declared";
  const message = wanted === undefined ? "which project?" : `there is no project ${wanted}`;
  throw new DisintoError("usage.invalid", message, { hint: `--project with one of: ${names}` });
}

function parseIssueNumber(text: string): number {
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
    const dataFolder = environment.AGENT_DATA ?? environment.CI_DATA;
    const source = dataFolder === undefined ? undefined : { container, dataFolder };
    return [name, source ? await archive.read(source) : []] as const;
  });
  return new Map(await Promise.all(read));
}
