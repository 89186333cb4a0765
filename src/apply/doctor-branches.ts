/** Whether git has room for the bots' branches in each project. */
import type { Project } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import { deriveCredentialKeys } from "../core/names.ts";
import { deriveBranch, findCommonObstacles } from "../core/work-branch.ts";
import { DisintoError } from "../errors.ts";
import type { Repositories } from "../ports/repositories.ts";
import type { Finding } from "./finding.ts";
import type { Fleet } from "./observe.ts";

interface BranchExamination extends Fleet {
  readonly repositories: Pick<Repositories, "branches">;
}

export async function checkBranches(fleet: BranchExamination): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    fleet.factory.projects.map((project) => checkProject(fleet, project)),
  );
  return findings.flat();
}

/** As a bot sees it; without one, or without its credentials, there is nothing to say yet. */
async function checkProject(
  { factory, environment, repositories }: BranchExamination,
  project: Project,
): Promise<readonly Finding[]> {
  const bot = factory.bots.find(({ projects }) => projects.includes(project.name));
  const token = bot && environment.get(deriveCredentialKeys(bot.name).token);
  if (!bot || !token) return [];
  const { url: forgeUrl } = factory.forge;
  const url = `${forgeUrl}/${formatRepo(project.repo)}.git`;
  try {
    const access = { forgeUrl, login: bot.forgeUser, token };
    return judge(project, await repositories.branches({ url, access }));
  } catch (error) {
    if (error instanceof DisintoError) return [];
    throw error;
  }
}

function judge(project: Project, refs: readonly string[]): readonly Finding[] {
  const subject = "branches";
  const example = deriveBranch(project, 1);
  const [obstacle] = findCommonObstacles(refs, project);
  if (obstacle === undefined)
    return [{ subject, verdict: "good", message: `${project.name} has room for ${example}` }];
  const message = `${project.name}: the branch ${obstacle} is where ${example} would have to be`;
  const hint = `rename that branch, or set branch_prefix in projects/${project.name}.toml`;
  return [{ subject, verdict: "bad", message, hint }];
}
