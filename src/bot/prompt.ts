/** What the harness is asked, as text. */
import type { Issue } from "../ports/forge.ts";

export function formatCodingPrompt(
  issue: Pick<Issue, "number" | "title" | "body">,
  feedback: string | undefined,
): string {
  return [
    `Work on issue #${issue.number} of the repository in the current folder: ${issue.title}`,
    issue.body.trim(),
    ...(feedback ? ["An earlier attempt came back with this; answer it:", feedback.trim()] : []),
    "Edit the files in the current folder. Follow AGENTS.md if there is one, and run the project's tests.",
    "Do not commit or push; what stands in the folder when you end is what counts.",
    'If it cannot be done as it is asked, change nothing and write JSON into the file named by the environment variable DISINTO_RESULT: {"refused": "unmet-dependency" | "too-large" | "already-done", "reason": "…"}.',
  ].join("\n\n");
}
