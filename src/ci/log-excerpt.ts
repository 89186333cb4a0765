/** What of a long log a reader needs, within a budget: the failures with their surroundings, and the end. Pure. */

const BEFORE = 3;
const AFTER = 10;
/** Lines of the end that are always shown; as many more as there is room for. */
const SHORT_END = 6;
const LONG_END = 60;
const MAX_LINE = 400;
/** Where no line is known as a failure, so many that mention an error are shown. */
const MAX_MENTIONS = 3;

/** ANSI sequences (ECMA-48 CSI and OSC), and what else a terminal swallows. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** How test runners and compilers mark a failure: a word in a fixed place, never one that a test's name may hold. */
const FAILURES: readonly RegExp[] = [
  /^\s*not ok\b/, // TAP: node, tape, prove
  /^\s*--- FAIL\b/, // go test
  /^\s*[✖✗✘×✕●] ?\s*\S/, // node, vitest, jest, phpunit
  /^\s*FAIL(: | .* > )/, // unittest, vitest
  /^(ERROR|FAIL): test/, // unittest
  /(\.{3}|::\S+) FAILED\b/, // cargo test, pytest
  /\(FAILED - \d+\)/, // rspec
  /\*{3}(Failed|Exception|Timeout|Not Run)/, // ctest
  /<<< (FAILURE|ERROR)!/, // Maven Surefire
  /^\s*\d+\) \S/, // mocha, rspec
  /^# {3}Failed test /, // prove
  /^E {2,}\S/, // pytest
  /^_{3,} \S+ _{3,}$/, // pytest
  /\bpanicked at\b/,
  /^panic: /,
  /^Traceback \(most recent call last\)/,
  /^error(\[\w+\])?: /, // rustc, cargo
  /^\S+?:\d+(:\d+)?: (fatal )?error\b/, // gcc, clang, javac
  /^\S+\.go:\d+:\d+: /, // go build
  /\berror TS\d+:/,
  /^\s+\d+:\d+\s+error\s/, // eslint
  /^\[ERROR\] \S+:\[\d+,\d+\]/, // Maven's compiler
  /^make(\[\d+\])?: \*{3} /,
  /^npm (ERR!|error) code/,
  /\bcommand not found$|: not found$/,
];

const PASSED =
  /^\s*[✓✔√]|^\s*ok\b|^\s*(===|---) (RUN|PASS|PAUSE|CONT)\b|\bPASS(ED)?\b|(\.{2,}|:) *(ok|passed)\b|\bPassed\b/i;
const MENTION = /\b(error|failed|failure|fail|fatal|panic|exception|traceback|assert\w*)\b|✖|✗/i;
const HARMLESS = /\b(0|no) (errors?|failures?|failed)\b|\b(errors?|fail(ed|ures?)?)[:=]? 0\b/i;

/** At most `maxCharacters`, whole lines; what was left out is said. */
export function excerptLog(text: string, maxCharacters: number): string {
  const lines = stripEscapes(text).split("\n").map(shortenLine);
  while (lines.at(-1)?.trim() === "") lines.pop();
  return cut(render(lines, chooseLines(lines, maxCharacters)), maxCharacters);
}

/** Keeps only the final text of a line that was overwritten by carriage returns. */
function stripEscapes(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(ESCAPES, "")
    .split("\n")
    .map((line) => line.slice(line.lastIndexOf("\r") + 1))
    .join("\n");
}

function shortenLine(line: string): string {
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)} […]` : line;
}

/** Adds lines in order of importance, until the budget is spent. */
function chooseLines(lines: readonly string[], maxCharacters: number): ReadonlySet<number> {
  const chosen = new Selection(lines, maxCharacters);
  chosen.add(lines.length - SHORT_END, lines.length);
  for (const at of findFailures(lines)) chosen.add(at - BEFORE, at + 1 + AFTER);
  chosen.add(lines.length - LONG_END, lines.length);
  return chosen.lines;
}

/** A runner repeats its marks in a last summary: the same line a second time is no second failure. */
function findFailures(lines: readonly string[]): readonly number[] {
  const first = new Map(lines.map((line, at) => [line, at] as const).toReversed());
  const marked = [...first].filter(([line]) => FAILURES.some((mark) => mark.test(line)));
  if (marked.length > 0) return marked.map(([, at]) => at).toSorted((a, b) => a - b);
  const isMention = (line: string) =>
    MENTION.test(line) && !PASSED.test(line) && !HARMLESS.test(line);
  const numbers = lines.map((_, at) => at);
  return numbers.filter((at) => isMention(lines[at] ?? "")).slice(0, MAX_MENTIONS);
}

/** Line numbers within a budget of characters. */
class Selection {
  readonly lines = new Set<number>();
  readonly #all: readonly string[];
  #room: number;

  constructor(all: readonly string[], maxCharacters: number) {
    this.#all = all;
    this.#room = maxCharacters;
  }

  /** As much of it as there is room for, from its end where it is the log's end. */
  add(from: number, to: number): void {
    const numbers = range(Math.max(0, from), Math.min(this.#all.length, to));
    for (const at of to >= this.#all.length ? numbers.toReversed() : numbers) {
      if (this.lines.has(at)) continue;
      const isAlone = !this.lines.has(at - 1) && !this.lines.has(at + 1);
      const cost = (this.#all[at]?.length ?? 0) + 1 + (isAlone ? GAP_LENGTH : 0);
      if (cost > this.#room) return;
      this.#room -= cost;
      this.lines.add(at);
    }
  }
}

const GAP_LENGTH = formatGap(99_999).length + 1;

function formatGap(lines: number): string {
  return `[… ${lines} lines left out …]`;
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}

function render(lines: readonly string[], chosen: ReadonlySet<number>): string {
  const shown: string[] = [];
  let left = 0;
  const closeGap = (): void => {
    if (left > 0) shown.push(formatGap(left));
    left = 0;
  };
  lines.forEach((line, at) => {
    if (!chosen.has(at)) left++;
    else {
      closeGap();
      shown.push(line);
    }
  });
  closeGap();
  return shown.join("\n");
}

/** Only where single lines are longer than the whole budget. */
function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const mark = "\n[… cut …]\n";
  const room = Math.max(0, maxCharacters - mark.length);
  const head = Math.floor(room / 3);
  return text.slice(0, head) + mark + text.slice(text.length - (room - head));
}
