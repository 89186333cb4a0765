import type { Outcome, State } from "../machine.ts";
import { formatCodingPrompt } from "../prompt.ts";
import { type BotTools, deriveBranch, deriveFolder, projectOf } from "../tools.ts";

/** One session of the harness in a fresh folder; the outcome is what stands in the tree afterwards. */
export function code(
  tools: BotTools,
  { work }: State<"coding">,
  signal: AbortSignal,
): Promise<Outcome<"coding">> {
  const { project, folders, issues, claims, mirror } = projectOf(tools, work.project);
  return claims.under(work.issue, signal, async (_, signal) => {
    const name = deriveFolder(work.issue);
    const folder = await folders.prepare(name, {
      branch: deriveBranch(work.issue),
      sha: work.start,
    });
    const end = await tools.harness.run({
      about: { project: work.project, issue: work.issue },
      folder,
      prompt: formatCodingPrompt(await issues.get(work.issue), work.feedback, project.prompts),
      environment: { DISINTO_ISSUE: String(work.issue) },
      ...tools.sessionLimits,
      signal,
    });
    signal.throwIfAborted();
    if (end.type === "failed") return { type: "failed", reason: end.reason };
    const collected = await folders.collect(name, work.start);
    if (collected.type === "refused") return { type: "failed", reason: collected.reason };
    const before = await Promise.all([
      mirror.objects.treeOf(work.start),
      mirror.objects.treeOf(work.base),
    ]);
    if (before.includes(collected.tree))
      return { type: "failed", reason: "the harness ended without changing a file" };
    return { type: "changed", tree: collected.tree, committedAt: tools.clock.now().toISOString() };
  });
}
