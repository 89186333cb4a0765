/** A change as a reviewer reads it: cut into parts that each fit a session, with nothing left out. Pure. */
import { unquoteName } from "../../core/git-names.ts";
import type { LineComment } from "../../ports/forge.ts";

/** The limit of one session. */
const MAX_PART_CHARACTERS = 60_000;
const MAX_PARTS = 12;

export interface FileDiff {
  readonly path: string;
  readonly text: string;
  /** Lines of the new file that stand in it. */
  readonly lines: ReadonlySet<number>;
  readonly isBinary: boolean;
}

export function parseDiff(diff: string): readonly FileDiff[] {
  return diff
    .split(/(?<![^\n])(?=diff --git )/)
    .filter((text) => text.startsWith("diff --git "))
    .map(parseFile);
}

function parseFile(text: string): FileDiff {
  const hunks = splitHunks(text);
  return {
    path: readPath(hunks.header),
    text,
    lines: new Set(hunks.hunks.flatMap(listLines)),
    isBinary: /^(Binary files |GIT binary patch)/m.test(hunks.header),
  };
}

/** The new name, the old one of a file that is gone; git quotes names with unusual characters. */
function readPath(header: string): string {
  const named = /^\+\+\+ (.+)$/m.exec(header)?.[1] ?? "";
  const old = /^--- (.+)$/m.exec(header)?.[1] ?? "";
  const name = named === "" || named === "/dev/null" ? old : named;
  if (name !== "" && name !== "/dev/null") return unquoteName(name.replace(/\t$/, "")).slice(2);
  return readFirstLine(header.split("\n")[0] ?? "");
}

/** All there is of a binary file, or of a mode: both names are the same there, and each may hold spaces. */
function readFirstLine(line: string): string {
  const names = line.slice("diff --git ".length);
  const quoted = / ("(?:[^"\\]|\\.)*")$/.exec(names)?.[1];
  const last = quoted ?? names.slice((names.length + 1) / 2);
  return unquoteName(last).slice(2);
}

function splitHunks(text: string): { header: string; hunks: readonly string[] } {
  const [header = "", ...hunks] = text.split(/(?<![^\n])(?=@@ -)/);
  return { header, hunks };
}

function listLines(hunk: string): readonly number[] {
  const [head = "", ...body] = hunk.split("\n");
  let line = Number(/^@@ -\S+ \+(\d+)/.exec(head)?.[1] ?? 0);
  return body.flatMap((text) => (text.startsWith("+") || text.startsWith(" ") ? [line++] : []));
}

export type DiffParts =
  | { readonly type: "parts"; readonly parts: readonly string[] }
  /** It cannot be shown whole. */
  | { readonly type: "refused"; readonly reason: string };

/** Files stay together as far as they fit; a long one is cut between its hunks, each part with the file's header. */
export function splitDiff(
  files: readonly FileDiff[],
  maxCharacters = MAX_PART_CHARACTERS,
): DiffParts {
  const binary = files.filter(({ isBinary }) => isBinary);
  if (binary.length > 0)
    return toRefused(`it changes binary files: ${binary.map(({ path }) => path).join(", ")}`);
  const pieces = files.flatMap((file) => cutFile(file, maxCharacters));
  if (pieces.some((piece) => piece.length > maxCharacters))
    return toRefused("a single hunk is too long to be reviewed");
  const parts: string[] = [];
  for (const piece of pieces) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + piece.length <= maxCharacters)
      parts[parts.length - 1] = last + piece;
    else parts.push(piece);
  }
  if (parts.length > MAX_PARTS)
    return toRefused(`it is too long: it would need ${parts.length} parts`);
  return { type: "parts", parts };
}

function toRefused(reason: string): DiffParts {
  return { type: "refused", reason };
}

function cutFile({ text }: FileDiff, maxCharacters: number): readonly string[] {
  if (text.length <= maxCharacters) return [text];
  const { header, hunks } = splitHunks(text);
  const pieces: string[] = [];
  let piece = "";
  for (const hunk of hunks) {
    if (piece !== "" && header.length + piece.length + hunk.length > maxCharacters) {
      pieces.push(header + piece);
      piece = "";
    }
    piece += hunk;
  }
  return [...pieces, header + piece];
}

/** Remarks on lines that the diff does not show would be refused or lost: they belong into the body. */
export function placeComments(
  files: readonly FileDiff[],
  comments: readonly LineComment[],
): { readonly inline: readonly LineComment[]; readonly outside: readonly LineComment[] } {
  const shown = new Map(files.map(({ path, lines }) => [path, lines]));
  const isShown = ({ path, line }: LineComment): boolean => shown.get(path)?.has(line) ?? false;
  return {
    inline: comments.filter(isShown),
    outside: comments.filter((comment) => !isShown(comment)),
  };
}

/**
 * Characters that hide or reorder text, as their numbers: a reviewer has to see that they are there. (Cutting them
 * out, as is done with an issue's text, would hide them once more.)
 */
export function showHidden(text: string): string {
  return text.replace(
    /[\p{Cf}\u{e0000}-\u{e007f}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu,
    (character) =>
      `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}
