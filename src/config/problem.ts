/** A configuration problem is a value: collected, sorted, and printed with all the others. */
import { DisintoError, type Location } from "../errors.ts";

export interface ConfigProblem extends Location {
  /** Which setting, in the file's own words: `agents.ada.model`, or `LLAMA_BOTS`. */
  readonly path: string;
  readonly message: string;
  /** The way out; every problem has one. */
  readonly hint: string;
}

export function formatProblem({ file, line, column, path, message, hint }: ConfigProblem): string {
  const subject = path === "" ? message : `${path}: ${message}`;
  return `${file}:${line}:${column}  ${subject}\n  hint: ${hint}`;
}

/** Same problems, same order, whatever found them first. */
export function sortProblems(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [...problems].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.message, b.message),
  );
}

export function toConfigError(problems: readonly ConfigProblem[]): DisintoError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new DisintoError(
    "config.invalid",
    `${count} in the configuration\n${problems.map(formatProblem).join("\n")}`,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
