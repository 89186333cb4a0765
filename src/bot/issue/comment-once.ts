/** What bots say on an issue or a pull request: each thing once, whoever of them says it and however often they restart. */
import { createHash } from "node:crypto";
import { inertText } from "../../core/inert-text.ts";
import { isSameLogin } from "../../core/names.ts";
import type { ProjectTools } from "../tools.ts";

export interface OnceComment {
  /** Number of the issue or pull request. */
  readonly on: number;
  readonly cause: string;
  /** The commit or text that it is about; the same cause about another one is said again. */
  readonly about: string;
  readonly text: string;
}

/** Invisible to people, and found again by every bot. */
function formatKey({ cause, about }: Pick<OnceComment, "cause" | "about">): string {
  const digest = createHash("sha256").update(about).digest("hex").slice(0, 12);
  return `<!-- disinto:${cause.replaceAll(/[^A-Za-z0-9-]/g, "-")}:${digest} -->`;
}

type CommentTarget = Pick<ProjectTools, "issues" | "bots">;

/** Returns false if it stood there already. */
export async function commentOnce(target: CommentTarget, remark: OnceComment): Promise<boolean> {
  if (await isPosted(target, remark)) return false;
  await target.issues.comment(remark.on, `${inertText(remark.text)}\n\n${formatKey(remark)}`);
  return true;
}

/** A stranger can write such a key too, to keep the bots silent: only a bot's own comment counts. */
export async function isPosted(
  { issues, bots }: CommentTarget,
  remark: Omit<OnceComment, "text">,
): Promise<boolean> {
  const key = formatKey(remark);
  const posted = (await issues.comments(remark.on)).filter(({ body }) => body.includes(key));
  if (posted.length === 0) return false;
  const known = await bots();
  return posted.some(({ author }) => known.some((login) => isSameLogin(login, author)));
}
