/** The one pull request of an issue: found by its branch, opened once. */

import { deriveBranch, type ProjectTools } from "../../bot/tools.ts";
import { DisintoError } from "../../errors.ts";
import type { Pull } from "../../ports/forge.ts";
import type { Work } from "./work.ts";

/** The lowest number stays the issue's pull request, should two ever have been opened. */
export function findPull(open: readonly Pull[], branch: string): Pull | undefined {
  return open.find(({ head }) => head === branch);
}

/** Opening is check-then-act on the forge: look after opening too, and keep only the lowest number. */
export async function openPullOnce(
  { pulls, project }: ProjectTools,
  { issue, title }: Pick<Work, "issue" | "title">,
): Promise<Pull> {
  const head = deriveBranch(issue);
  const existing = findPull(await pulls.listOpen(), head);
  if (existing) return existing;
  const request = { title, body: `Closes #${issue}`, head, base: project.primaryBranch };
  await pulls.open(request).catch((error: unknown) => {
    if (!(error instanceof DisintoError && error.code === "forge.conflict")) throw error;
  });
  const [kept, ...twins] = (await pulls.listOpen()).filter((pull) => pull.head === head);
  if (!kept)
    throw new DisintoError(
      "forge.invalid",
      `the pull request of ${head} was opened but is not listed`,
    );
  for (const twin of twins) await pulls.close(twin.number);
  return kept;
}
