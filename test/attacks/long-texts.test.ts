/** A stranger who chooses a text and its length: reading it may take time in proportion to its length, and no more. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDependencies } from "../../src/bot/issue/dependencies.ts";
import { excerptLog } from "../../src/ci/log-excerpt.ts";
import { cutCode } from "../../src/core/code-text.ts";
import { stripHidden } from "../../src/core/hidden-text.ts";
import { Redactor } from "../../src/core/redactor.ts";
import { closingReferences } from "../../src/forge/issues/closing.ts";
import { readAnswer } from "../../src/harness/gateway/model-answer.ts";
import { readMessageVerdict } from "../../src/harness/session/message-verdict.ts";
import { parseDiff } from "../../src/roles/review/diff.ts";
import { isSoak } from "../support/soak.ts";

const redactor = new Redactor();
redactor.learn([["TOKEN", "aaaaaaaaaaaaaaaaaaab"]]);

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  stripHidden,
  cutCode,
  parseDependencies,
  closingReferences,
  readMessageVerdict,
  parseDiff,
  excerptLog: (text) => excerptLog(text, 4000),
  redact: redactor.redact,
  readAnswer: (text) => readAnswer({ status: 400, contentType: "text/event-stream", text }),
};

/** What the readers look for, whole and broken off. */
const tokens = [
  ..."<!->[]:#`~*_ \n\r\ta",
  ...["<!--", "-->", "--!>", "<!-", "- -->", "[//]: # (", "```", "~~~", "`a`", "``", "\u200b"],
  ...[
    "Depends on ",
    "depends on #1",
    "closes #1",
    "(fix: #",
    "## ",
    "{",
    "}",
    "\u001b[",
    "\u001b]",
  ],
  ...["diff --git a/x b/x\n", "+++ b/", "@@ -1 +1 @@", "error", "data: {", "required scope(s)"],
];

const LENGTH = 320_000;
/** A reader that takes a step per pair of characters would need a minute. */
const LIMIT_MS = 1500;

const drawn = fc.record({
  lead: fc.constantFrom("", ...tokens),
  unit: fc.array(fc.constantFrom(...tokens), { minLength: 1, maxLength: 4 }),
});

function build({ lead, unit }: { lead: string; unit: readonly string[] }): string {
  const word = unit.join("");
  return lead + word.repeat(Math.ceil(LENGTH / word.length));
}

function quickest(read: (text: string) => unknown, text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3 && best > LIMIT_MS; tries++) {
    const before = performance.now();
    read(text);
    best = Math.min(best, performance.now() - before);
  }
  return best;
}

const runs = isSoak ? 300 : 25;

test.each(Object.entries(readers))("%s reads the longest text in linear time", (_, read) => {
  const found = ["<!--", "`", "``a", "```\n\n", "\n\n", "- ", "depends on **", "<!-", "[", "#"];
  for (const word of found)
    expect(quickest(read, build({ lead: "", unit: [word] })), word).toBeLessThan(LIMIT_MS);
  fc.assert(
    fc.property(drawn, (text) => {
      expect(quickest(read, build(text))).toBeLessThan(LIMIT_MS);
    }),
    { numRuns: runs, endOnFailure: true },
  );
});

test("comments nested to any depth are cut in one pass, as a pair of them is", () => {
  const depth = 50_000;
  const nested = `a${"<!-".repeat(depth)}${"<!-- x -->"}${"- y -->".repeat(depth)}b`;

  expect(stripHidden(nested)).toBe("ab");
  expect(stripHidden(`${"<!--".repeat(100_000)} shown`)).toBe("");
  expect(stripHidden("x <!-- one <!-- two --> three")).toBe("x  three");
});

test("what was cut once has nothing left to cut", () => {
  const text = fc
    .array(fc.constantFrom(...tokens), { maxLength: 30 })
    .map((parts) => parts.join(""));

  fc.assert(
    fc.property(text, (drawnText) => {
      const once = stripHidden(drawnText);
      expect(stripHidden(once)).toBe(once);
    }),
    { numRuns: 500 },
  );
});
