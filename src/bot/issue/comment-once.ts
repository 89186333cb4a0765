/** What bots say on an issue or a pull request: each thing once, whoever of them says it and however often they restart. */
import { createHash } from "node:crypto";
import { inertText } from "../../core/inert-text.ts";
import type { Issues } from "../../ports/forge.ts";

export interface OnceComment {
  /** Number of the issue or pull request. */
  readonly on: number;
  readonly cause: string;
  /** The commit or text that it is about; the same cause about another one is said again. */
  readonly about: string;
  readonly text: string;
}

/** Invisible to people, and found again by every bot. */
export function formatKey({ cause, about }: Pick<OnceComment, "cause" | "about">): string {
  const digest = createHash("sha256").update(about).digest("hex").slice(0, 12);
  return `<!-- disinto:${cause.replaceAll(/[^A-Za-z0-9-]/g, "-")}:${digest} -->`;
}

/** Returns false if it stood there already. */
export async function commentOnce(
  issues: Pick<Issues, "comments" | "comment">,
  remark: OnceComment,
): Promise<boolean> {
  const key = formatKey(remark);
  const said = await issues.comments(remark.on);
  if (said.some(({ body }) => body.includes(key))) return false;
  await issues.comment(remark.on, `${inertText(remark.text)}\n\n${key}`);
  return true;
}
