/** Commit statuses, the combined one, and whether the required ones pass (models/git/commit_status.go). */

import { globMatches } from "../../core/glob.ts";
import type { Page } from "../http/paging.ts";
import { type Database, now } from "../store/database.ts";
import type { RepositoryRow, StatusRow, StatusState, UserRow } from "../store/rows.ts";

export interface NewStatus {
  readonly sha: string;
  readonly context: string;
  readonly state: StatusState;
  readonly targetUrl: string;
  readonly description: string;
  readonly creator: UserRow;
}

export function createStatus(
  db: Database,
  repository: RepositoryRow,
  status: NewStatus,
): StatusRow | undefined {
  return db.transaction(() => {
    const last = db.get<{ last: number | null }>(
      "SELECT MAX(number) AS last FROM statuses WHERE repository_id = ? AND sha = ?",
      repository.id,
      status.sha,
    );
    const id = db.insert("statuses", {
      repository_id: repository.id,
      sha: status.sha,
      number: (last?.last ?? 0) + 1,
      context: status.context.trim(),
      state: status.state,
      target_url: status.targetUrl.trim(),
      description: status.description.trim(),
      creator_id: status.creator.id,
      created: now(),
    });
    return db.get<StatusRow>("SELECT * FROM statuses WHERE id = ?", id);
  });
}

const sortOrders: Readonly<Record<string, string>> = {
  oldest: "created ASC, number ASC",
  leastindex: "number ASC",
  highestindex: "number DESC",
  leastupdate: "created ASC, number ASC",
};

export function listStatuses(
  db: Database,
  repository: RepositoryRow,
  { sha, state, sort, page }: { sha: string; state: string; sort: string; page: Page },
): { statuses: StatusRow[]; total: number } {
  const where = "repository_id = ? AND sha = ? AND (? = '' OR state = ?)";
  const order = sortOrders[sort] ?? "created DESC, number DESC";
  const values = [repository.id, sha, state, state] as const;
  const statuses = db.all<StatusRow>(
    `SELECT * FROM statuses WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
    ...values,
    page.size,
    page.offset,
  );
  const counted = db.get<{ total: number }>(
    `SELECT COUNT(*) AS total FROM statuses WHERE ${where}`,
    ...values,
  );
  return { statuses, total: counted?.total ?? 0 };
}

/** The newest of each context. */
export function latestStatuses(db: Database, repository: RepositoryRow, sha: string): StatusRow[] {
  return db.all<StatusRow>(
    `SELECT * FROM statuses WHERE repository_id = ? AND sha = ? AND number IN
     (SELECT MAX(number) FROM statuses WHERE repository_id = ? AND sha = ? GROUP BY context)
     ORDER BY number`,
    repository.id,
    sha,
    repository.id,
    sha,
  );
}

/** The states from worst to best (modules/structs/commit_status.go). */
const states: readonly StatusState[] = ["error", "failure", "warning", "pending", "success"];

export function worstOf(some: readonly StatusState[]): StatusState | undefined {
  return states.find((state) => some.includes(state));
}

/**
 * services/pull/commit_status.go MergeRequiredContextsCommitStatus: every required pattern needs a status that
 * succeeded; without any pattern all statuses have to, and there must be one.
 */
export function requiredPass(statuses: readonly StatusRow[], required: readonly string[]): boolean {
  if (required.length === 0) return worstOf(statuses.map(({ state }) => state)) === "success";
  return required.every((pattern) => {
    const match = statuses.find(({ context }) => globMatches(pattern, "", context));
    return match?.state === "success";
  });
}
