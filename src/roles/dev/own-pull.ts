/** The one pull request of an issue: found by its branch, opened once. */

import type { ProjectTools } from "../../bot/tools.ts";
import { deriveBranch } from "../../core/work-branch.ts";
import { DisintoError } from "../../errors.ts";
import type { Pull, Pulls } from "../../ports/forge.ts";
import { formatPull } from "./wording.ts";
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
  const head = deriveBranch(project, issue);
  const existing = findPull(await pulls.listOpen(), head);
  if (existing) return existing;
  const request = { ...formatPull({ issue, title }), head, base: project.primaryBranch };
  await pulls.open(request).catch((error: unknown) => {
    if (!(error instanceof DisintoError && error.code === "forge.conflict")) throw error;
  });
  const [kept, ...twins] = (await pulls.listOpen()).filter((pull) => pull.head === head);
  if (!kept)
    throw new DisintoError(
      "forge.invalid",
      `the pull request of ${head} was opened but is not listed`,
    );
  for (const twin of twins) await pulls.edit(twin.number, { state: "closed" });
  return kept.isDraft ? mark(pulls, kept, `Issue ${issue}`) : kept;
}

/**
 * One that a bot closed was closed to be opened again (missing-answers.ts), and the bot was ended between the two: no bot
 * closes an issue's pull request for another reason. Returns it as it is then.
 */
export async function reopenOwn(
  { pulls, timeline, bots }: Pick<ProjectTools, "pulls" | "timeline" | "bots">,
  pull: Pull,
): Promise<Pull> {
  if (pull.merged || pull.state === "open") return pull;
  const acts = (await timeline(pull.number)).filter(
    ({ type }) => type === "closed" || type === "reopened",
  );
  const last = acts.at(-1);
  // Between the two requests this bot itself may have opened it again.
  if (last?.type === "reopened") return pulls.get(pull.number);
  if (last?.type !== "closed") return pull;
  const author = last.author.toLowerCase();
  if (!(await bots()).some((login) => login.toLowerCase() === author)) return pull;
  await pulls.edit(pull.number, { state: "open" });
  return pulls.get(pull.number);
}

/** The forge's own words for a draft may be others than the usual ones: a title without any of the issue's helps. */
async function mark(pulls: Pulls, { number }: Pull, title: string): Promise<Pull> {
  await pulls.edit(number, { title });
  return pulls.get(number);
}
