import type { Issues } from "../../ports/forge.ts";
import { BACKLOG, BLOCKED, IN_PROGRESS } from "../choose.ts";
import type { Outcome, State } from "../machine.ts";
import { type BotTools, deriveFolder, projectOf } from "../tools.ts";

/** Says once why no bot goes on, takes the issue out of the backlog, and lets it go. */
export function block(
  tools: BotTools,
  { work, reason }: State<"blocked">,
  signal: AbortSignal,
): Promise<Outcome<"blocked">> {
  const { issues, folders, claims } = projectOf(tools, work.project);
  return claims.under(work.issue, signal, async (claim) => {
    await commentOnce(issues, {
      issue: work.issue,
      author: tools.user,
      text: `I stopped working on this: ${reason}`,
    });
    await issues.relabel(work.issue, { add: [BLOCKED], remove: [BACKLOG, IN_PROGRESS] });
    await issues.setAssignees(work.issue, []);
    await folders.discard(deriveFolder(work.issue));
    await claim.release();
    return { type: "reported" };
  });
}

interface Remark {
  readonly issue: number;
  readonly author: string;
  readonly text: string;
}

async function commentOnce(issues: Issues, { issue, author, text }: Remark): Promise<void> {
  const said = await issues.comments(issue);
  if (said.some((comment) => comment.author === author && comment.body === text)) return;
  await issues.comment(issue, text);
}
