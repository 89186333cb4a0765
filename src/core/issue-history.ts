/** All that happened to one issue, from the events of everybody. Pure. */
import type { StampedEvent } from "./bot-status.ts";

export interface IssueKey {
  readonly project: string;
  readonly issue: number;
}

export interface IssueHistory {
  /** Oldest first. */
  readonly events: readonly StampedEvent[];
  /** The issue's pull request, as events name it. */
  readonly pull: number | undefined;
}

/** Events name the issue, or its pull request, or a commit of it. */
export function buildIssueHistory(all: readonly StampedEvent[], name: IssueKey): IssueHistory {
  const sorted = all.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const own = sorted.filter((event) => isAbout(event, name));
  const pull = own.flatMap((event) => ("pull" in event && event.pull) || []).at(-1);
  const reviews = sorted.filter(
    (event) =>
      "pull" in event && pull !== undefined && event.pull === pull && isIn(event, name.project),
  );
  const shas = new Set([...own, ...reviews].flatMap((event) => ("sha" in event ? event.sha : [])));
  const related = new Set([...own, ...reviews]);
  const events = sorted.filter(
    (event) =>
      related.has(event) || (event.type.startsWith("ci.") && "sha" in event && shas.has(event.sha)),
  );
  return { events, pull };
}

function isAbout(event: StampedEvent, { project, issue }: IssueKey): boolean {
  return "issue" in event && event.issue === issue && isIn(event, project);
}

function isIn(event: StampedEvent, project: string): boolean {
  return "project" in event && event.project === project;
}

/** `12:00:03  dev-qwen  state.entered  coding` */
export function formatEvent({ time, by, type, ...fields }: StampedEvent): string {
  const { project: _, issue: __, title: ___, ...rest } = fields as Record<string, unknown>;
  const words = Object.entries(rest).flatMap(([key, value]) => formatField(key, value) ?? []);
  return [`${time.slice(0, 10)} ${time.slice(11, 19)}`, by.padEnd(12), type, ...words].join("  ");
}

const plain = new Set(["at", "state", "verdict", "context", "cause", "kind", "end", "reason"]);

function formatField(key: string, value: unknown): string | undefined {
  if (value === undefined || value === 0) return undefined;
  if (key === "pull") return `pull request #${value}`;
  if (key === "sha") return String(value).slice(0, 10);
  if (plain.has(key)) return String(value).trim().split("\n")[0];
  return `${key} ${value}`;
}
