/** What each project's repository keeps bots from, as a bot sees it: docs/recovery.md. */
import type { Project } from "../core/factory.ts";
import { deriveCredentialKeys } from "../core/names.ts";
import { deriveBranch } from "../core/work-branch.ts";
import type { OneShots } from "../ports/one-shots.ts";
import type { Repositories } from "../ports/repositories.ts";
import type { Finding } from "./finding.ts";
import type { Fleet } from "./observe.ts";
import { noteRepository } from "./repository-sketch.ts";

interface RepositoryExamination extends Fleet {
  readonly oneShots: OneShots;
  readonly repositories: Pick<Repositories, "branches" | "cloneDefaultBranch" | "describe">;
}

export async function checkRepositories(fleet: RepositoryExamination): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    fleet.factory.projects.map((project) => checkProject(fleet, project)),
  );
  return findings.flat();
}

/** Without a bot, or without its credentials, there is nothing to say yet. */
async function checkProject(
  { factory, environment, repositories, oneShots, containers }: RepositoryExamination,
  project: Project,
): Promise<readonly Finding[]> {
  const bot = factory.bots.find(({ projects }) => projects.includes(project.name));
  const token = bot && environment.get(deriveCredentialKeys(bot.name).token);
  if (!bot || !token) return [];
  const access = { forgeUrl: factory.forge.url, login: bot.forgeUser, token };
  const steps = { oneShots, project: containers.project };
  const isSet = (key: string): boolean => Boolean(environment.get(key));
  const notes = await noteRepository({ factory, steps, project, repositories, access, isSet });
  if (!notes) return [];
  const subject = "repository";
  if (notes.some(({ verdict }) => verdict === "bad"))
    return notes.map((note) => ({ subject, ...note }));
  const message = `${project.name} has room for ${deriveBranch(project, 1)}`;
  return [{ subject, verdict: "good", message }, ...notes.map((note) => ({ subject, ...note }))];
}
