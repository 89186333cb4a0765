/** `when`: what of a workflow runs for what happened (Woodpecker's documentation, "Workflow syntax", "when"). Pure. */
import { compilePattern } from "./pattern.ts";
import type { Condition } from "./shape.ts";

/** What happened to which commit. */
export interface Trigger {
  readonly event: "push" | "pull_request";
  /** The branch; for a pull request, the one that it is to be merged into. */
  readonly branch: string;
  readonly changedFiles: readonly string[];
  readonly message: string;
}

export function matches(conditions: readonly Condition[], trigger: Trigger): boolean {
  return conditions.length === 0 || conditions.some((one) => matchesOne(one, trigger));
}

/** With which outcomes of what went before it runs; without a `status`, after success alone. */
export function outcomesOf(conditions: readonly Condition[], trigger: Trigger) {
  const matching = conditions.filter((one) => matchesOne(one, trigger));
  const states = matching.map(({ status = [] }) => status as readonly string[]);
  return {
    afterSuccess:
      conditions.length === 0 || states.some((all) => all.length === 0 || all.includes("success")),
    afterFailure: states.some((all) => all.includes("failure")),
  };
}

function matchesOne({ event, branch, path }: Condition, trigger: Trigger): boolean {
  if (event && !event.includes(trigger.event)) return false;
  if (branch && !matchesPatterns(branch, trigger.branch)) return false;
  return !path || matchesPaths(path, trigger);
}

function matchesPatterns(
  { include, exclude }: NonNullable<Condition["branch"]>,
  name: string,
): boolean {
  if (matchesAny(exclude, name)) return false;
  return include.length === 0 || matchesAny(include, name);
}

function matchesPaths(
  { include, exclude, ignore_message, on_empty }: NonNullable<Condition["path"]>,
  { changedFiles, message }: Trigger,
): boolean {
  const ignored = ignore_message.toLowerCase();
  if (ignored !== "" && message.toLowerCase().includes(ignored)) return true;
  if (changedFiles.length === 0) return on_empty;
  if (exclude.length > 0 && changedFiles.every((file) => matchesAny(exclude, file))) return false;
  return include.length === 0 || changedFiles.some((file) => matchesAny(include, file));
}

function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => compilePattern(pattern)(text));
}
