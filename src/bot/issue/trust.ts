/** What strangers may not do: be taken for trusted, hide text from people, or change what was approved. */
import { createHash } from "node:crypto";
import { stripHidden } from "../../core/hidden-text.ts";
import type { Issue } from "../../ports/forge.ts";
import { isTrustedAuthor } from "./choose.ts";

type IssueText = Pick<Issue, "title" | "body">;

/** Digest of the text that a bot was given leave to work on. */
export function pinOf({ title, body }: IssueText): string {
  return createHash("sha256").update(`${title}\n\n${body}`).digest("hex");
}

/** The issue as a model may see it. */
export function visibleIssue<I extends IssueText>(issue: I): I {
  return { ...issue, title: stripHidden(issue.title), body: stripHidden(issue.body) };
}

type IssueChange =
  | { readonly type: "withdrawn"; readonly why: "closed" | "edited" }
  | { readonly type: "edited"; readonly pin: string; readonly title: string };

/**
 * Whether the work may go on. The forge does not tell who edited a text; its author may, and who may write code.
 * So an edit of a trusted author's issue is trusted, and of another's it is not, whoever made it.
 */
export function judgeIssue(
  issue: Issue,
  pin: string,
  trusted: readonly string[],
): IssueChange | undefined {
  if (issue.state === "closed") return { type: "withdrawn", why: "closed" };
  const now = pinOf(issue);
  if (now === pin) return undefined;
  if (!isTrustedAuthor(issue, trusted)) return { type: "withdrawn", why: "edited" };
  return { type: "edited", pin: now, title: issue.title };
}
