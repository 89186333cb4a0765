/** What of a long log a reader needs: the lines around the first errors, and the end. Pure. */

const HEAD_OF_ERRORS = 3;
const BEFORE = 4;
const AFTER = 12;
const TAIL = 60;
const MAX_LINE = 400;

/** ANSI sequences (ECMA-48 CSI and OSC), and what else a terminal swallows. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

const ERROR =
  /\b(error|failed|failure|fail|fatal|panic|exception|traceback|not ok|assert\w*)\b|✖|✗/i;
const HARMLESS = /\b(0|no) (errors?|failures?|failed)\b|\b(errors?|fail(ed|ures?)?)[:=]? 0\b/i;

/** At most `maxCharacters`, whole lines; what was left out is said. */
export function excerptLog(text: string, maxCharacters: number): string {
  const lines = stripEscapes(text).split("\n").map(shortenLine);
  while (lines.at(-1)?.trim() === "") lines.pop();
  return fit(render(lines, chooseLines(lines)), maxCharacters);
}

/** Of a line that was written over by carriage returns, only what stood in the end. */
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

function chooseLines(lines: readonly string[]): ReadonlySet<number> {
  const chosen = new Set<number>();
  const add = (from: number, to: number): void => {
    for (let at = Math.max(0, from); at < Math.min(lines.length, to); at++) chosen.add(at);
  };
  add(lines.length - TAIL, lines.length);
  let found = 0;
  for (let at = 0; at < lines.length && found < HEAD_OF_ERRORS; at++) {
    const line = lines[at] ?? "";
    if (chosen.has(at) || !ERROR.test(line) || HARMLESS.test(line)) continue;
    add(at - BEFORE, at + AFTER);
    found++;
  }
  return chosen;
}

function render(lines: readonly string[], chosen: ReadonlySet<number>): string {
  const shown: string[] = [];
  let left = 0;
  const tell = (): void => {
    if (left > 0) shown.push(`[… ${left} lines left out …]`);
    left = 0;
  };
  lines.forEach((line, at) => {
    if (!chosen.has(at)) left++;
    else {
      tell();
      shown.push(line);
    }
  });
  tell();
  return shown.join("\n");
}

/** The end says most, and the beginning what it was about: the middle goes. */
function fit(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const mark = "\n[… cut …]\n";
  const room = Math.max(0, maxCharacters - mark.length);
  const head = Math.floor(room / 3);
  return text.slice(0, head) + mark + text.slice(text.length - (room - head));
}
