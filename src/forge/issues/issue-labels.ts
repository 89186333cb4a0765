/** The labels that an issue has, and who puts them there (models/issues/issue_label.go). */
import type { Database } from "../store/database.ts";
import type { IssueRow, LabelRow, RepositoryRow } from "../store/rows.ts";
import { record, type TimelineSubject } from "./timeline.ts";

export function labelsOf(db: Database, issue: IssueRow): LabelRow[] {
  return db.all<LabelRow>(
    `SELECT labels.* FROM labels JOIN issue_labels ON label_id = labels.id
     WHERE issue_id = ? ORDER BY labels.name`,
    issue.id,
  );
}

export function labelsById(
  db: Database,
  repository: RepositoryRow,
  ids: readonly number[],
): LabelRow[] {
  return ids.flatMap((id) => {
    const label = db.get<LabelRow>(
      "SELECT * FROM labels WHERE id = ? AND repository_id = ?",
      id,
      repository.id,
    );
    return label ? [label] : [];
  });
}

export function labelsByName(
  db: Database,
  repository: RepositoryRow,
  names: readonly string[],
): LabelRow[] {
  return names.flatMap((name) =>
    db.all<LabelRow>(
      "SELECT * FROM labels WHERE repository_id = ? AND name = ?",
      repository.id,
      name,
    ),
  );
}

/** An exclusive label `scope/x` replaces the others of its scope (models/issues/issue_label.go). */
export function addLabels(db: Database, act: TimelineSubject, labels: readonly LabelRow[]): void {
  for (const label of labels) {
    const scope = scopeOf(label);
    const others = labelsOf(db, act.issue).filter(({ id }) => id !== label.id);
    if (scope !== undefined) {
      removeLabels(
        db,
        act,
        others.filter((other) => scopeOf(other) === scope),
      );
    }
    const added = db.run(
      "INSERT OR IGNORE INTO issue_labels VALUES (?, ?)",
      act.issue.id,
      label.id,
    );
    if (added > 0) record(db, act, { type: "label", label: label.id });
  }
}

/** models/issues/label.go ExclusiveScope. */
function scopeOf({ exclusive, name }: LabelRow): string | undefined {
  const end = name.lastIndexOf("/");
  return exclusive && end > 0 && end < name.length - 1 ? name.slice(0, end) : undefined;
}

export function removeLabels(
  db: Database,
  act: TimelineSubject,
  labels: readonly LabelRow[],
): void {
  for (const label of labels) {
    const removed = db.run(
      "DELETE FROM issue_labels WHERE issue_id = ? AND label_id = ?",
      act.issue.id,
      label.id,
    );
    if (removed > 0) record(db, act, { type: "label", label: label.id, removed: true });
  }
}

/** models/issues/issue_label.go ReplaceIssueLabels: what stays is not touched. */
export function replaceLabels(
  db: Database,
  act: TimelineSubject,
  labels: readonly LabelRow[],
): void {
  addLabels(db, act, labels);
  const wanted = new Set(labels.map(({ id }) => id));
  removeLabels(
    db,
    act,
    labelsOf(db, act.issue).filter(({ id }) => !wanted.has(id)),
  );
}
