import { DisintoError } from "../../errors.ts";
import type { Pull, Pulls } from "../../ports/forge.ts";
import type { Outcome, State } from "../machine.ts";
import { type BotTools, deriveBranch, projectOf } from "../tools.ts";
import { toPublished } from "../work.ts";
import { findPull } from "./preparing.ts";

/** Commits the tree as the bot, pushes it under the lease, and opens the issue's one pull request. */
export function publish(
  tools: BotTools,
  state: State<"publishing">,
  signal: AbortSignal,
): Promise<Outcome<"publishing">> {
  const { work, tree, committedAt } = state;
  const { project, mirror, pulls, claims } = projectOf(tools, work.project);
  return claims.under(work.issue, signal, async (claim) => {
    const branch = deriveBranch(work.issue);
    const ref = `refs/heads/${branch}`;
    const head = await mirror.objects.commit({
      tree,
      parents: [work.base],
      message: `${work.title}\n\nCloses #${work.issue}\n`,
      author: tools.author,
      at: committedAt,
    });
    const standing = (await mirror.readRefs([ref])).get(ref);
    if (standing !== head) {
      if (standing !== work.head) return { type: "moved" };
      if ((await claim.push({ ref, from: standing, to: head }, work.counters)) === "moved")
        return { type: "moved" };
    }
    const pull = await openOnce(pulls, {
      title: work.title,
      body: `Closes #${work.issue}`,
      head: branch,
      base: project.primaryBranch,
    });
    return { type: "published", work: toPublished(work, { head, pull: pull.number }) };
  });
}

/** Opening is check-then-act on the forge: look after opening too, and keep only the lowest number. */
async function openOnce(pulls: Pulls, request: Parameters<Pulls["open"]>[0]): Promise<Pull> {
  const existing = findPull(await pulls.listOpen(), request.head);
  if (existing) return existing;
  await pulls.open(request).catch((error: unknown) => {
    if (!(error instanceof DisintoError && error.code === "forge.conflict")) throw error;
  });
  const [kept, ...twins] = (await pulls.listOpen()).filter(({ head }) => head === request.head);
  if (!kept)
    throw new DisintoError(
      "forge.invalid",
      `the pull request of ${request.head} was opened and is not listed`,
    );
  for (const twin of twins) await pulls.close(twin.number);
  return kept;
}
