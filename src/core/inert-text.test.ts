import fc from "fast-check";
import { expect, test } from "vitest";
import { inertText, inertTitle } from "./inert-text.ts";

/** How Forgejo finds a keyword before a reference (modules/references/references.go), with its default words. */
const reference =
  /(?:\s|^|\(|\[|'|")((?:[0-9a-zA-Z-_.]+\/[0-9a-zA-Z-_.]+)?[#!][0-9]+)(?:\s|$|\)|\]|'|"|[:;,.?!]\s|[:;,.?!]$)/g;
const keyword =
  /(?:\s|^|\(|\[)(close|closes|closed|fix|fixes|fixed|resolve|resolves|resolved|reopen|reopens|reopened):? $/i;
const mention =
  /(?:\s|^|\(|\[)(@[0-9a-zA-Z-_]+|@[0-9a-zA-Z-_]+\/?[0-9a-zA-Z-_]+|@[0-9a-zA-Z-_][0-9a-zA-Z-_.]+\/?[0-9a-zA-Z-_.]+[0-9a-zA-Z-_])(?:'|\s|[:,;.?!]\s|[:,;.?!]?$|\)|\])/;
const timeLog =
  /(?:\s|^|\(|\[)(@([0-9]+([.,][0-9]+)?(w|d|m|h))+)(?:\s|$|\)|\]|[:;,.?!]\s|[:;,.?!]$)/;
/** modules/setting/repository.go WorkInProgressPrefixes, compared as HasWorkInProgressPrefix does. */
const prefixes = ["WIP:", "[WIP]"];
/** modules/setting/actions.go SkipWorkflowStrings; Woodpecker's pipeline/frontend/yaml/constraint. */
const switches = [
  /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]/i,
  /\[(?:ci *skip|skip *ci)\]/i,
];

function acts(text: string): readonly string[] {
  const found: string[] = [];
  for (const match of text.matchAll(new RegExp(reference.source, "g"))) {
    const start = match.index + match[0].indexOf(match[1] ?? "");
    if (keyword.test(text.slice(0, start))) found.push(`keyword ${match[1]}`);
  }
  if (mention.test(text)) found.push("mention");
  if (timeLog.test(text)) found.push("time");
  if (switches.some((one) => one.test(text))) found.push("switch");
  return found;
}

const isDraft = (title: string) =>
  prefixes.some((prefix) => title.toUpperCase().startsWith(prefix.toUpperCase()));

test.each([
  ["Docs: say that fix #1 is planned", "Docs: say that fix issue #1 is planned"],
  ["reopen #3", "reopen issue #3"],
  ["Fixes: #4, and see #5", "Fixes: issue #4, and see issue #5"],
  ["closes ada/shop#7", "closes issue ada/shop#7"],
  [
    "resolve https://forge.example/ada/shop/issues/7",
    "resolve issue https://forge.example/ada/shop/issues/7",
  ],
  ["Close\u00a0#3 (fix\u200b #4)", "Close issue #3 (fix issue #4)"],
  ["Pull request #8 broke issue #9, #10", "Pull request #8 broke issue #9, #10"],
  [
    "Ask @ada and (@bob/team), not me@example.com",
    "Ask `@ada` and (`@bob/team`), not me@example.com",
  ],
  ["Log @2h on it [skip ci]", "Log `@2h` on it (skip ci)"],
  ["WIP: WIP: add tea", "(WIP) WIP: add tea"],
  ["[wip] add tea", "(WIP) add tea"],
  ["w\u0131p: add tea", "(WIP) add tea"],
  ["Signed-off-by: Eve <eve@example.com>", '"Signed-off-by": Eve <eve@example.com>'],
  ["Add tea\n\nCo-authored-by: Eve <e@example.com>", "Add tea Co-authored-by: Eve <e@example.com>"],
  ["Add\u202e tea\u200b", "Add tea"],
  ["\u200b", "Issue 7"],
  ["Fix the parser: it reads `#1` wrong", "Fix the parser: it reads issue `#1` wrong"],
])("of the title %j nothing acts, and it can be read", (title, shown) => {
  const line = inertTitle(title, "Issue 7");

  expect(line).toBe(shown);
  expect(acts(line)).toEqual([]);
  expect(acts(`${line} (#12)`)).toEqual([]);
  expect(isDraft(line)).toBe(false);
});

const part = fc.constantFrom(
  ...["fix", "Closes", "resolved", "reopen", ":", " ", "  ", "\n", "\t", "#1", "!2", "ada/shop#3"],
  ...["@ada", "@2h", "[skip ci]", "[CI SKIP]", "WIP:", "[wip]", "(", ")", "[", "]", "*", "`", "'"],
  ...["\u200b", "\u00a0", "<!--", "-->", "word", ".", ",", '"', "issue", "@", "#", "é", "\u0131"],
);
const hostile = fc.array(part, { maxLength: 14 }).map((parts) => parts.join(""));

test("whatever it is made of, no text acts, and one that was made inert stays as it is", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const said = inertText(text);
      expect(acts(said)).toEqual([]);
      const line = inertTitle(text, "Issue 7");
      expect(acts(line)).toEqual([]);
      expect(isDraft(line)).toBe(false);
      expect(line).not.toMatch(/\n|^$/);
      expect(inertTitle(line, "Issue 7")).toBe(line);
    }),
    { numRuns: 500 },
  );
});

test("a long text is read in linear time", () => {
  for (const text of ["fix ", "@a ", "[skip ", "(((", "a/".repeat(20), "#1 "]) {
    const begun = performance.now();
    inertText(text.repeat(100_000 / text.length));
    expect(performance.now() - begun).toBeLessThan(2_000);
  }
});
