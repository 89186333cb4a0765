import type { Pull } from "../../ports/forge.ts";
import type { Outcome, State } from "../machine.ts";
import { type BotTools, deriveBranch, projectOf } from "../tools.ts";

/** Decides where the harness starts: the primary branch, with this issue's earlier work laid on it. */
export function prepare(
  tools: BotTools,
  { work }: State<"preparing">,
  signal: AbortSignal,
): Promise<Outcome<"preparing">> {
  const { project, mirror, pulls, claims } = projectOf(tools, work.project);
  return claims.under(work.issue, signal, async () => {
    const branch = deriveBranch(work.issue);
    const refs = await mirror.refresh();
    const head = refs.get(`refs/heads/${branch}`);
    const base = refs.get(`refs/heads/${project.primaryBranch}`);
    if (!base)
      throw new Error(
        `${project.repo.owner}/${project.repo.name} has no branch ${project.primaryBranch}`,
      );
    const pull = findPull(await pulls.listOpen(), branch);
    if (head && pull && !work.feedback)
      return { type: "published-before", work: { ...work, head, pull: pull.number } };
    if (!head) return { type: "ready", work: { ...work, base, start: base, head } };
    const merged = await mirror.objects.mergeTrees(base, head);
    const start = await mirror.objects.commit({
      tree: merged.tree,
      parents: [base],
      message: `Earlier work on #${work.issue}`,
      author: tools.author,
      at: tools.clock.now().toISOString(),
    });
    const conflict =
      merged.type === "conflicted"
        ? `Resolve the conflict marks in ${merged.files.join(", ")}.`
        : undefined;
    const feedback = [work.feedback, conflict].filter((part) => part !== undefined).join("\n\n");
    return { type: "ready", work: { ...work, base, start, head, ...(feedback && { feedback }) } };
  });
}

/** The lowest number stays the issue's pull request, should two ever have been opened. */
export function findPull(open: readonly Pull[], branch: string): Pull | undefined {
  return open.find(({ head }) => head === branch);
}
