/** What a reviewing session is asked. */

import { fillPrompt } from "../../bot/session/prompt.ts";
import type { Prompts } from "../../core/prompt-template.ts";

export interface ReviewRequest {
  readonly pull: { readonly number: number; readonly title: string };
  readonly part: string;
  readonly at: { readonly number: number; readonly of: number };
  /** The paths of the whole change. */
  readonly paths: readonly string[];
  /** What this bot said of an earlier head, and what changed since. */
  readonly before: { readonly review: string; readonly changed: string } | undefined;
}

const FORM =
  'Write your verdict as JSON into the file named by the environment variable DISINTO_RESULT, in exactly this form: {"verdict": "approve" | "request-changes", "body": "…", "comments": [{"path": "…", "line": 1, "body": "…"}]}. `line` is the line of the new file.';

export function formatReviewPrompt(
  { pull, part, at, paths, before }: ReviewRequest,
  own: Prompts = {},
): string {
  return fillPrompt("review", own, {
    number: String(pull.number),
    title: pull.title,
    said: before?.review,
    changed: before?.changed,
    scope:
      at.of === 1
        ? "The whole change:"
        : `Part ${at.number} of ${at.of} of the change, which touches ${paths.join(", ")}. Judge this part; the others are judged in the same way.`,
    change: part,
    form: FORM,
  });
}

export function formatComplaint(prompt: string, reason: string): string {
  return `${prompt}\n\nYour last answer could not be read: ${reason}\nAnswer again, in exactly this form.`;
}
