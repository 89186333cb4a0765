import { BACKLOG, BLOCKED, IN_PROGRESS, PROTECTED_PATHS } from "../../../bot/issue/choose.ts";
import { commentOnce } from "../../../bot/issue/comment-once.ts";
import { type BotTools, deriveFolder, projectOf } from "../../../bot/tools.ts";
import type { Outcome, State } from "../machine.ts";
import type { Work } from "../work.ts";

/** Says once why no bot goes on and how to go on, takes the issue out of the backlog, and lets it go. */
export function block(
  tools: BotTools,
  { work, cause, reason }: State<"blocked">,
  signal: AbortSignal,
): Promise<Outcome<"blocked">> {
  const target = projectOf(tools, work.project);
  const { issues, folders, claims } = target;
  return claims.withLease(work.issue, signal, async (claim) => {
    await commentOnce(target, {
      on: work.issue,
      cause,
      about: aboutOf(work, cause),
      text: formatBlocked(work, cause, reason),
    });
    await issues.relabel(work.issue, { add: [BLOCKED], remove: [BACKLOG, IN_PROGRESS] });
    await issues.setAssignees(work.issue, []);
    await folders.discard(deriveFolder(work.issue));
    await claim.release();
    return { type: "reported" };
  });
}

/** The head where there is one; else the text that was worked on, and how often this cause was met. */
function aboutOf(work: Work, cause: string): string {
  // The issue has one, which a retry may find before it knows a head.
  if (cause.startsWith("pull-")) return "the pull request";
  if ("head" in work && typeof work.head === "string") return work.head;
  return `${work.pin} ${work.counters[cause] ?? 0}`;
}

const MAX_REASON = 4_000;

function formatBlocked(work: Work, cause: string, reason: string): string {
  const excerpt = reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason;
  return [`I stopped working on this: ${excerpt}`, nextStepsFor(work, cause)].join("\n\n");
}

const closedPull = (pull: number | undefined): string =>
  pull === undefined ? "its pull request" : `pull request #${pull}`;

function nextStepsFor({ issue, pull }: Work, cause: string): string {
  const retry = `run \`disinto retry ${issue}\`, or add the label \`${BACKLOG}\` and remove \`${BLOCKED}\``;
  switch (cause) {
    case "protectedPaths":
      return `To continue: describe in the issue how to do it without these files, or add the label \`${PROTECTED_PATHS}\` on it; then ${retry}.`;
    case "hand-over":
      return `Someone with merge rights: please review ${closedPull(pull)} and merge it. Merging closes the issue.`;
    case "pull-closed":
      return `To continue: reopen ${closedPull(pull)}, then ${retry}. Close the issue if it is no longer wanted.`;
    case "pull-draft":
      return `To continue: mark ${closedPull(pull)} as ready, then ${retry}.`;
    case "pull-retargeted":
      return `To continue: set the base of ${closedPull(pull)} back to the primary branch, then ${retry}.`;
    case "pull-blocked":
      return `To continue: remove \`${BLOCKED}\` from ${closedPull(pull)}, then ${retry}.`;
    case "foreign-branch":
    case "branch-in-the-way":
      return `To continue: rename or delete that branch, or set \`branch_prefix\` in the project's file; then ${retry}.`;
    case "unmet-dependency":
      return `To continue: list what it waits for in a section "Depends on #n"; then ${retry}.`;
    case "too-large":
      return `To continue: split it into smaller issues, or narrow its scope; then ${retry}.`;
    case "budget":
      return `To continue: allow more in \`[budget.issue]\` of the project's file, in \`limits.issue\` of the bot or in \`DISINTO_BUDGET\`, then \`disinto up\`; then ${retry}.`;
    case "already-done":
      return `If it is done, close the issue. Otherwise describe what is missing; then ${retry}.`;
    default:
      return `To continue: fix the cause above; then ${retry}. Its budgets are reset.`;
  }
}
