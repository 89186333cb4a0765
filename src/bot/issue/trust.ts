/** What strangers may not do: be taken for trusted, hide text from people, or change what was approved. */
import { createHash } from "node:crypto";
import type { Issue } from "../../ports/forge.ts";
import type { Withdrawal } from "../../roles/dev/machine.ts";
import { isTrusted } from "./choose.ts";

type IssueText = Pick<Issue, "title" | "body">;

/** Digest of the text that a bot was given leave to work on. */
export function pinOf({ title, body }: IssueText): string {
  return createHash("sha256").update(`${title}\n\n${body}`).digest("hex");
}

/**
 * What a person who reads the issue on the forge does not see: HTML comments, link definitions that lead nowhere, and
 * characters without a shape of their own (format characters, bidirectional marks and tags, fillers, variation
 * selectors, controls). A comment that is never closed hides the rest only where it begins a line.
 */
const COMMENT = /<!--[\s\S]*?--!?>|^ {0,3}<!--[\s\S]*/gm;
const EMPTY_DEFINITION = /^ {0,3}\[[^\]\n]*\]:[ \t]*(?:#|<>)[^\n]*$/gm;
const INVISIBLE = new RegExp(
  [
    "[\\p{Cf}\\p{Co}\\p{Cs}\\p{Cn}\\u2028\\u2029\\u2800\\u3164\\uffa0\\u115f\\u1160]",
    "[\\u034f\\u17b4\\u17b5\\u180b-\\u180f\\ufe00-\\ufe0f]",
    "[\\u{e0000}-\\u{e0fff}]",
    "[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f]",
  ].join("|"),
  "gu",
);

/** Cuts it, again until nothing is left to cut: what is cut from the middle may join two halves of a comment. */
export function stripHidden(text: string): string {
  const cut = text
    .replaceAll("\r\n", "\n")
    .replace(INVISIBLE, "")
    .replace(COMMENT, "")
    .replace(EMPTY_DEFINITION, "");
  return cut === text ? text : stripHidden(cut);
}

/** The issue as a model may see it. */
export function visibleIssue<I extends IssueText>(issue: I): I {
  return { ...issue, title: stripHidden(issue.title), body: stripHidden(issue.body) };
}

export type IssueChange =
  | { readonly type: "withdrawn"; readonly why: Withdrawal }
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
  if (!isTrusted({ ...issue, labels: [] }, trusted)) return { type: "withdrawn", why: "edited" };
  return { type: "edited", pin: now, title: issue.title };
}
