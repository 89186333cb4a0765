import { expect, test } from "vitest";
import type { Review } from "../../ports/forge.ts";
import { findEarlier, judgeNeed, mayReview } from "./choice.ts";
import { parseDiff, placeComments, showHidden, splitDiff } from "./diff.ts";
import { joinVerdicts, readVerdict, toReview } from "./verdict.ts";

const twoFiles = [
  "diff --git a/a.ts b/a.ts",
  "index 1..2 100644",
  "--- a/a.ts",
  "+++ b/a.ts",
  "@@ -1,2 +1,3 @@",
  " one",
  "+two",
  " three",
  "@@ -10 +11 @@ function far()",
  "-old",
  "+new",
  "diff --git a/gone.ts b/gone.ts",
  "deleted file mode 100644",
  "--- a/gone.ts",
  "+++ /dev/null",
  "@@ -1 +0,0 @@",
  "-bye",
  "",
].join("\n");

test("a diff is read by file, with the lines of the new file that it shows", () => {
  expect(parseDiff(twoFiles).map(({ path, lines }) => [path, [...lines]])).toEqual([
    ["a.ts", [1, 2, 3, 11]],
    ["gone.ts", []],
  ]);
});

test("git's quoted file names are read as they are", () => {
  const quoted =
    'diff --git "a/\\303\\244.ts" "b/\\303\\244.ts"\n--- "a/\\303\\244.ts"\n+++ "b/\\303\\244.ts"\n@@ -1 +1 @@\n-a\n+b\n';

  expect(parseDiff(quoted)[0]?.path).toBe("ä.ts");
});

test.each([
  ["diff --git a/a b/c b/a b/c\nBinary files differ\n", "a b/c"],
  ['diff --git "a/a\\tb" "b/a\\tb"\nold mode 100644\nnew mode 100755\n', "a\tb"],
  [
    "diff --git a/100%.ts b/100%.ts\n--- a/100%.ts\n+++ b/100%.ts\n@@ -1 +1 @@\n-a\n+b\n",
    "100%.ts",
  ],
])("the name of a file is read from %j", (text, name) => {
  expect(parseDiff(text).map(({ path }) => path)).toEqual([name]);
});

test("a line that only looks like the begin of a file stays where it stands", () => {
  const text = `diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1 @@\n+one\u2028diff --git a/b b/b\n`;

  expect(parseDiff(text)).toHaveLength(1);
});

test("a long change is cut into parts that together hold all of it", () => {
  const files = parseDiff(twoFiles);
  const longest = Math.max(...files.map(({ text }) => text.length));

  const split = splitDiff(files, longest);
  if (split.type === "refused") throw new Error(split.reason);

  expect(split.parts).toHaveLength(2);
  expect(split.parts.join("")).toBe(twoFiles);
});

test("a file that is too long for one part is cut between hunks, each part with the file's name", () => {
  const [file] = parseDiff(twoFiles);
  if (!file) throw new Error("no file");

  const split = splitDiff([file], file.text.length - 1);
  if (split.type === "refused") throw new Error(split.reason);

  expect(split.parts).toHaveLength(2);
  for (const part of split.parts) expect(part).toMatch(/^diff --git a\/a\.ts/);
  expect(split.parts.join("")).toContain("+two");
  expect(split.parts.join("")).toContain("+new");
});

test("what cannot be shown whole is refused, and never approved in part", () => {
  const binary = parseDiff(
    "diff --git a/x.bin b/x.bin\nindex 1..2\nBinary files a/x.bin and b/x.bin differ\n",
  );

  expect(splitDiff(binary)).toEqual({
    type: "refused",
    reason: "it changes binary files: x.bin",
  });
  expect(splitDiff(parseDiff(twoFiles), 80)).toMatchObject({ type: "refused" });
  const many = Array.from({ length: 13 }, () => twoFiles).join("");
  expect(splitDiff(parseDiff(many), twoFiles.length)).toMatchObject({ type: "refused" });
});

test("remarks on lines that the diff does not show go into the body", () => {
  const shown = { path: "a.ts", line: 2, body: "why two?" };
  const hidden = { path: "a.ts", line: 7, body: "and this?" };

  expect(placeComments(parseDiff(twoFiles), [shown, hidden])).toEqual({
    inline: [shown],
    outside: [hidden],
  });
  const verdict = { verdict: "request-changes", body: "", comments: [shown, hidden] } as const;
  expect(
    toReview({ ...verdict, comments: [...verdict.comments] }, parseDiff(twoFiles), "s"),
  ).toEqual({
    verdict: "changes-requested",
    sha: "s",
    body: "`a.ts` line 7: and this?",
    comments: [shown],
  });
});

test("characters that hide or turn text around are shown to a reviewer as their numbers", () => {
  expect(showHidden("if (admin\u202e) //\u200b ok ä")).toBe("if (admin<U+202E>) //<U+200B> ok ä");
});

test("a verdict counts only in exactly the agreed form", () => {
  const approve = { verdict: "approve", body: "fine", comments: [] };

  expect(readVerdict(approve)).toEqual({ type: "read", verdict: approve });
  for (const other of [
    undefined,
    "approve",
    { verdict: "yes", body: "" },
    { verdict: "approve" },
    { ...approve, merged: true },
    { ...approve, comments: [{ path: "a.ts", line: 0, body: "x" }] },
    { verdict: "request-changes", body: " ", comments: [] },
  ])
    expect(readVerdict(other).type).toBe("unreadable");
});

test("a change is approved only if every part of it is, and what each part says stays", () => {
  const yes = { verdict: "approve", body: "first", comments: [] } as const;
  const no = { verdict: "request-changes", body: "second", comments: [] } as const;

  expect(
    joinVerdicts([
      { ...yes, comments: [] },
      { ...no, comments: [] },
    ]),
  ).toEqual({
    verdict: "request-changes",
    body: "first\n\nsecond",
    comments: [],
  });
  expect(joinVerdicts([]).verdict).toBe("request-changes");
});

test("a bot never reviews a pull request of its own forge user, however it is written", () => {
  const pull = { author: "Ada", base: "main" };

  expect(mayReview("ada", pull, "main")).toBe(false);
  expect(mayReview("eve", pull, "main")).toBe(true);
  expect(mayReview("eve", pull, "other")).toBe(false);
});

function given(part: Partial<Review>): Review {
  const whole = {
    id: 1,
    author: "eve",
    verdict: "approved",
    sha: "head",
    body: "",
    stale: false,
    dismissed: false,
    official: true,
  } as const;
  return { ...whole, ...part };
}

test("a head is reviewed once, whichever review bot did it, and an approval that still stands is not repeated", () => {
  expect(judgeNeed("bot", "head", [])).toBe("to-review");
  expect(judgeNeed("bot", "head", [given({ author: "Bot", official: false })])).toBe("judged");
  expect(judgeNeed("bot", "head", [given({})])).toBe("judged");
  expect(judgeNeed("bot", "head", [given({ sha: "old" })])).toBe("judged");
  expect(judgeNeed("bot", "head", [given({ sha: "old", stale: true })])).toBe("to-review");
  expect(judgeNeed("bot", "head", [given({ verdict: "commented" })])).toBe("to-review");
});

test("who asked for changes looks at the answer; no other bot does it in their place", () => {
  const refusal = given({ verdict: "changes-requested", sha: "old", stale: true });

  expect(judgeNeed("bot", "head", [refusal])).toBe("somebody-elses");
  expect(judgeNeed("eve", "head", [refusal])).toBe("to-review");
  expect(judgeNeed("eve", "head", [refusal, given({ author: "ada" })])).toBe("to-review");
});

test("a bot goes on from its own last verdict on an earlier head", () => {
  const older = given({ id: 1, sha: "old" });
  const newer = given({ id: 2, sha: "newer", verdict: "changes-requested" });

  expect(findEarlier("eve", "head", [older, newer, given({ id: 3 })])).toBe(newer);
  expect(findEarlier("bot", "head", [older])).toBeUndefined();
});
