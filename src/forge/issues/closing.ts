/**
 * "Closes #7" closes issue 7: in a pull request's title or body when it merges, in a commit's message when it reaches
 * the default branch (modules/references/references.go).
 */

import { type ForgeContext, gitOf } from "../forge.ts";
import type { Database } from "../store/database.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import { findIssue, hasOpenDependencies, setClosed } from "./issues.ts";

interface Reference {
  readonly number: number;
  readonly action: "close" | "reopen";
}

const pattern =
  /(?:^|\s|\(|\[)(close[sd]?|fix(?:es|ed)?|resolve[sd]?|reopen(?:s|ed)?):? [#!](\d{1,9})(?=\s|$|\)|\]|'|"|[:;,.?!](?:\s|$))/gi;

/** The keyword stands directly before its number; code is no text. */
export function closingReferences(text: string): Reference[] {
  return [...withoutCode(text).matchAll(pattern)].map(([, word = "", number]) => ({
    number: Number(number),
    action: word.toLowerCase().startsWith("reopen") ? "reopen" : "close",
  }));
}

function withoutCode(text: string): string {
  return text
    .replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, "")
    .replace(/^(```|~~~)[\s\S]*$/gm, "")
    .replace(/`[^`\n]*`/g, "");
}

/** services/pull/merge.go handleCloseCrossReferences: open dependencies keep an issue open, without an error. */
export function applyReferences(
  db: Database,
  repository: RepositoryRow,
  { text, doer }: { text: string; doer: UserRow },
): void {
  for (const { number, action } of closingReferences(text)) {
    const issue = findIssue(db, repository, number);
    if (!issue || issue.is_pull) continue;
    if (action === "close" && hasOpenDependencies(db, issue)) continue;
    setClosed(db, { issue, doer }, action === "close");
  }
}

/** services/issue/commit.go UpdateIssuesCommit. The history that a repository starts with closes nothing. */
export async function closeByCommits(
  forge: ForgeContext,
  repository: RepositoryRow,
  doer: UserRow,
): Promise<void> {
  const git = gitOf(forge, repository);
  const tip = await git.branch(repository.default_branch);
  if (tip === undefined || tip === repository.read_tip) return;
  const before = repository.read_tip;
  const known = before !== "" && (await git.commit(before)) !== undefined;
  const messages = known ? await git.read(["log", "--format=%B%n", `${before}..${tip}`]) : "";
  forge.db.transaction(() => {
    applyReferences(forge.db, repository, { text: messages, doer });
    forge.db.update("repositories", repository.id, { read_tip: tip });
  });
}
