/** What a bot writes about its work where forges and CIs read. The one closing keyword is its own. Pure. */
import { inertTitle } from "../../core/inert-text.ts";
import type { Work } from "./work.ts";

type Named = Pick<Work, "issue" | "title">;

export function formatPull({ issue, title }: Named): { title: string; body: string } {
  return { title: inertTitle(title, `Issue ${issue}`), body: `Closes #${issue}` };
}

export function formatCommit(work: Named): string {
  const { title, body } = formatPull(work);
  return `${title}\n\n${body}\n`;
}
