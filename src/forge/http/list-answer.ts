/** A page has a length as well as a count, and an issue takes only so much of those who have no rights. */

import { type AccessLevel, allows } from "../repositories/permission.ts";
import type { Database } from "../store/database.ts";
import type { IssueRow } from "../store/rows.ts";
import { ApiError } from "./api-error.ts";
import type { Context } from "./request.ts";

const LONGEST_PAGE = 16_000_000;
const MOST_OF_STRANGERS = 8_000_000;

/** Each entry is written before the next is made, so that what is too long is not made first. */
export function listAnswer<Entry>(
  c: Context,
  entries: readonly Entry[],
  shape: (entry: Entry) => object,
): Response {
  const texts: string[] = [];
  let size = 2;
  for (const entry of entries) {
    const text = JSON.stringify(shape(entry));
    size += text.length + 1;
    if (size > LONGEST_PAGE)
      throw new ApiError(
        413,
        `this page is longer than ${LONGEST_PAGE} bytes; ask for fewer entries with limit`,
      );
    texts.push(text);
  }
  return c.body(`[${texts.join(",")}]`, 200, { "Content-Type": "application/json" });
}

/** All comments and reviews of an issue are told at once: nobody may fill it until nobody can read it. */
export function requireRoom(
  db: Database,
  issue: IssueRow,
  { access, text }: { access: AccessLevel; text: string },
): void {
  if (allows(access, "write")) return;
  const counted = db.get<{ size: number }>(
    `SELECT (SELECT coalesce(sum(length(body)), 0) FROM comments WHERE issue_id = ?1)
          + (SELECT coalesce(sum(length(body)), 0) FROM reviews WHERE issue_id = ?1) AS size`,
    issue.id,
  );
  if ((counted?.size ?? 0) + text.length <= MOST_OF_STRANGERS) return;
  throw new ApiError(
    413,
    `more than ${MOST_OF_STRANGERS} characters have been written here; only who may write code can add to them`,
  );
}
