import type { Issue } from "../../ports/forge.ts";
import type { Refs } from "../../ports/git.ts";
import { BACKLOG, IN_PROGRESS, isTrusted, orderCandidates } from "../choose.ts";
import type { Outcome, Work } from "../machine.ts";
import type { BotTools, ProjectTools } from "../tools.ts";

/** Unfinished work of this bot first, then the backlog of each project; waits one poll when there is nothing. */
export async function choose(tools: BotTools, signal: AbortSignal): Promise<Outcome<"choosing">> {
  for (const project of tools.projects.values()) {
    const refs = await project.mirror.refresh();
    const work =
      (await resumeOwn(project, refs, signal)) ?? (await claimNext(tools, project, refs));
    if (work) return { type: "claimed", work };
  }
  await tools.clock.sleep(tools.pollIntervalMs, signal);
  return { type: "nothing-to-do" };
}

async function resumeOwn(
  tools: ProjectTools,
  refs: Refs,
  signal: AbortSignal,
): Promise<Work | undefined> {
  for (const number of await tools.claims.findOwn(refs)) {
    const issue = await tools.issues.get(number);
    if (issue.state === "open") return toWork(tools, issue);
    await tools.claims.under(number, signal, (claim) => claim.release());
  }
  return undefined;
}

async function claimNext(
  { user }: BotTools,
  tools: ProjectTools,
  refs: Refs,
): Promise<Work | undefined> {
  const leased = new Set(
    [...refs.keys()]
      .flatMap((ref) => /^refs\/disinto\/claims\/(\d+)$/.exec(ref)?.[1] ?? [])
      .map(Number),
  );
  const backlog = await tools.issues.listOpen(BACKLOG);
  const candidates = orderCandidates(backlog, leased);
  if (candidates.length === 0) return undefined;
  const trusted = [...tools.project.trustedAuthors, ...(await tools.writers())];
  for (const candidate of candidates.filter((one) => isTrusted(one, trusted))) {
    if (!(await tools.claims.take(candidate.number))) continue;
    const issue = await confirm(tools, candidate.number);
    if (!issue) continue;
    await tools.issues.setAssignees(issue.number, [user]);
    await tools.issues.relabel(issue.number, { add: [IN_PROGRESS], remove: [] });
    return toWork(tools, issue);
  }
  return undefined;
}

/** The listing was read before the lease was taken: another bot may have finished the issue in between. */
async function confirm(
  { issues, claims }: ProjectTools,
  number: number,
): Promise<Issue | undefined> {
  const issue = await issues.get(number);
  if (issue.state === "open" && issue.labels.includes(BACKLOG)) return issue;
  await claims.under(number, new AbortController().signal, (claim) => claim.release());
  return undefined;
}

function toWork({ project }: ProjectTools, { number, title }: Issue): Work {
  return { project: project.name, issue: number, title, counters: {} };
}
