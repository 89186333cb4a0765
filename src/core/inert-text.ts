/**
 * Text of others (an issue's title, a model's words, a log) as it may stand where forges and CIs read: in a commit's
 * message, a pull request's title, a comment. Nothing in it closes, reopens, mentions, logs time, marks a draft, skips
 * CI or passes for a trailer, and all of it can be seen. What it says stays readable. Pure.
 */
import { stripHidden } from "./hidden-text.ts";

/**
 * A reference to an issue or a pull request right after a word, which may be a keyword of this forge (they can be
 * chosen: CLOSE_KEYWORDS). With a word between them that is none, it is a plain reference.
 */
const AFTER_WORD =
  /(?<=\p{L}[*_~`"')\]]{0,4}:?[*_~`]{0,4})(\s{1,9}[*_~`([]{0,4})(?=[#!]\d|[\w.-]{1,100}\/[\w.-]{1,100}[#!]\d|https?:\/\/)/gu;
const NO_KEYWORD = /\b(?:issues?|pull|request)[*_~`"')\]]{0,4}$/i;
const LOOK_BACK = 20;

const MENTION = /(?<![\w.`/])@(?=[\w-])([\w./-]{1,200})/g;
const CI_SWITCH =
  /\[\s{0,9}((?:skip|no)[\s_-]{0,9}(?:ci|actions)|(?:ci|actions)[\s_-]{0,9}skip)\s{0,9}\]|\*{3}(NO_CI)\*{3}/gi;
const DRAFT = /^(?:\[(wip|draft|work in progress)\]|\(?(wip|draft|work in progress)\)?:)\s{0,9}/iu;
const TRAILER = /^([\w-]{1,60}-by|skip-checks|change-id|time-log)(?=\s{0,9}:)/i;

/** Makes the text of a comment or a review inert. */
export function inertText(text: string): string {
  return stripHidden(text)
    .replace(CI_SWITCH, (_, words?: string, stars?: string) => `(${words ?? stars})`)
    .replace(MENTION, "`@$1`")
    .replace(AFTER_WORD, (...match: [gap: string, reference: string, at: number, all: string]) => {
      const [gap, , at, all] = match;
      return NO_KEYWORD.test(all.slice(Math.max(0, at - LOOK_BACK), at)) ? gap : spell(gap);
    });
}

/** The word goes before the marks that belong to the reference. */
function spell(gap: string): string {
  const space = /^\s+/.exec(gap)?.[0] ?? " ";
  return `${space.includes("\n") ? space : " "}issue ${gap.slice(space.length)}`;
}

/** Forgejo takes no longer title; a commit's subject is cut at the same place. */
const MAX_TITLE = 250;

/** One line, for a pull request's title or a commit's subject. */
export function inertTitle(title: string, otherwise: string): string {
  let line = stripHidden(title).replace(/\s+/gu, " ").trim();
  for (let at = DRAFT.exec(fold(line)); at; at = DRAFT.exec(fold(line)))
    line = `(${at[1] ?? at[2]}) ${line.slice(at[0].length)}`.trim();
  line = inertText(line.replace(TRAILER, '"$1"'));
  const cut = [...line].slice(0, MAX_TITLE).join("").trim();
  return cut === "" ? otherwise : cut;
}

/** Forgejo compares prefixes in upper case, in which some letters beyond ASCII become those of ASCII. */
function fold(line: string): string {
  return [...line]
    .map((one) => (one.toUpperCase().length === one.length ? one.toUpperCase() : one))
    .join("");
}
