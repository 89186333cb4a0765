/** A stranger who chooses a text and its length: reading it may take time in proportion to its length, and no more. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { classify } from "../../../src/adapters/forgejo/failures.ts";
import { readMergeAnswer } from "../../../src/adapters/forgejo/merge-answer.ts";
import { findRefusal } from "../../../src/adapters/git/push-refusal.ts";
import { parseDependencies } from "../../../src/bot/issue/dependencies.ts";
import { substitute } from "../../../src/ci/local/workflow/substitute.ts";
import { parseYaml } from "../../../src/ci/local/workflow/yaml.ts";
import { excerptLog } from "../../../src/ci/log-excerpt.ts";
import { judgeApproval } from "../../../src/core/approval.ts";
import { cutCode } from "../../../src/core/code-text.ts";
import { matchesFile } from "../../../src/core/glob.ts";
import { stripHidden } from "../../../src/core/hidden-text.ts";
import { inertText, inertTitle } from "../../../src/core/inert-text.ts";
import { renderPrompt } from "../../../src/core/prompt-template.ts";
import { Redactor } from "../../../src/core/redactor.ts";
import { parseSource } from "../../../src/core/source.ts";
import { toTerminalText } from "../../../src/core/terminal-text.ts";
import { isBranchName } from "../../../src/forge/git/repository.ts";
import { closingReferences } from "../../../src/forge/issues/closing.ts";
import { parseEvent } from "../../../src/harness/agent/agent.ts";
import { readAnswer } from "../../../src/harness/gateway/model-answer.ts";
import { LineReader } from "../../../src/harness/session/line-reader.ts";
import { readMessageVerdict } from "../../../src/harness/session/message-verdict.ts";
import { parseDiff, showHidden } from "../../../src/roles/review/diff.ts";
import { readVerdict } from "../../../src/roles/review/verdict.ts";
import { isSoak } from "../../support/soak.ts";

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
  inertText,
  inertTitle: (text) => inertTitle(text, "none"),
  toTerminalText,
  showHidden,
  findRefusal: (text) => findRefusal({ stdout: text, stderr: text }),
  readMergeAnswer: (text) => readMergeAnswer({ status: 405, text }),
  classify: (text) =>
    classify("GET /user", { status: 403, text: JSON.stringify({ message: text }) }),
  judgeApproval: (body) =>
    judgeApproval({
      timeline: [{ id: 1, author: "a", at: "", type: "commented", body }],
      label: "x",
      pin: "",
      people: ["a"],
      bots: [],
    }),
  readVerdict,
  parseEvent,
  parseSource: (text) => orRefused(() => parseSource(text, { isFolder: false, forgeUrl: "" })),
  parseWorkflow: (text) => orRefused(() => parseYaml(text.slice(0, 49_000))),
  substitute: (text) => orRefused(() => substitute(text, { a: "a" })),
  renderPrompt: (body) => renderPrompt("{{title}} {{#body}}{{body}}{{/body}}", { body }),
  lines: (text) => readLines(text, 60_000),
  "lines, letter by letter": (text) => readLines(text.slice(0, 40_000), 1),
  isBranchName,
  matchesFile: (text) => matchesFile(["deploy/**", "**/*secret*"], text),
};

function readLines(text: string, size: number): number {
  let lines = 0;
  const reader = new LineReader(() => {
    lines += 1;
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.add(bytes.subarray(at, at + size));
  reader.end();
  return lines;
}

/** A refusal is an answer, if it is a quick one. */
function orRefused(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return error;
  }
}

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
  ...["${", "${a:-", "${a##", "@a", "[skip ci]", "wip: ", "Draft: ", "fixes a/b#1", "***NO_CI***"],
  ...["remote: ", "! [remote rejected]", "/", "../", "&a [*a,*a]\n", "- <<: *a\n", "\u202e"],
  ...["diff --git a/x b/x\n", "+++ b/", "@@ -1 +1 @@", "error", "data: {", "required scope(s)"],
];

const LENGTH = 320_000;
/** Processor time: what else runs does not count. A reader that takes a step per pair of characters would need a minute. */
const LIMIT_MS = 1500;

const drawn = fc.record({
  lead: fc.constantFrom("", ...tokens),
  unit: fc.array(fc.constantFrom(...tokens), { minLength: 1, maxLength: 4 }),
});

function build({ lead, unit }: { lead: string; unit: readonly string[] }): string {
  const word = unit.join("");
  return lead + word.repeat(Math.ceil(LENGTH / word.length));
}

/** Four times the text takes about four times as long: sixteen is what pairs of characters would take. */
const GROWTH = 10;
/** What is quicker than this says nothing of how it grows. */
const NOTHING_MS = 200;

function expectLinear(read: (text: string) => unknown, text: string, label: string): void {
  const whole = quickest(read, text);
  expect(whole, label).toBeLessThan(LIMIT_MS);
  if (whole < NOTHING_MS) return;
  const quarter = Math.min(...[1, 2, 3].map(() => quickest(read, text.slice(0, LENGTH / 4))));
  const again = Math.min(whole, quickest(read, text), quickest(read, text));
  expect(again, `${label}: how it grows`).toBeLessThan(GROWTH * quarter + NOTHING_MS);
}

function quickest(read: (text: string) => unknown, text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3 && best > LIMIT_MS; tries++) {
    const before = process.cpuUsage();
    read(text);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

const runs = isSoak ? 300 : 25;

test.each(Object.entries(readers))("%s reads the longest text in linear time", (_, read) => {
  const found = [
    "<!--",
    "`",
    "``a",
    "```\n\n",
    "\n\n",
    "- ",
    "depends on **",
    "<!-",
    "[",
    "#",
    "${a:-",
  ];
  for (const word of found) expectLinear(read, build({ lead: "", unit: [word] }), word);
  fc.assert(
    fc.property(drawn, (text) => expectLinear(read, build(text), JSON.stringify(text))),
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
