import { expect, test } from "vitest";
import { anyCaseSource, filePatterns, globMatches, isPattern, matchesFile } from "./glob.ts";

test.each([
  ["main", false],
  ["release-1", false],
  ["release/*", true],
  ["v?", true],
  ["a[bc]", true],
  ["a]", true],
  ["{a,b}", true],
  ["a\\b", true],
])("%j is a pattern: %j", (text, is) => {
  expect(isPattern(text)).toBe(is);
});

test.each([
  ["*", "/", "main", true],
  ["*", "/", "a/b", false],
  ["**", "/", "a/b", true],
  ["*", "", "a/b", true],
  ["x**z", "/", "x/y/z", true],
  ["v?", "/", "v1", true],
  ["v?", "/", "v", false],
  ["v?", "/", "v/", false],
  ["v?", "", "v/", true],
  ["{a,b}c", "/", "bc", true],
  ["{a,b}c", "/", "a,bc", false],
  ["a,b", "/", "a,b", true],
  ["{a,b},c", "/", "a,c", true],
  ["[ab]c", "/", "ac", true],
  ["[ab]c", "/", "dc", false],
  ["[!ab]c", "/", "dc", true],
  ["[!ab]c", "/", "ac", false],
  ["[abc]", "/", "c", true],
  ["a[]b", "/", "a[]b", true],
  ["\\*", "/", "*", true],
  ["\\*", "/", "a", false],
  ["a\\", "/", "a\\", true],
  ["a.c", "/", "abc", false],
  ["a+(b)", "/", "a+(b)", true],
  ["a", "/", "ab", false],
  ["a", "/", "ba", false],
  ["a*", "/", "a\nb", true],
  ["{", "/", "{", false],
])("%j with the separators %j matches %j: %j", (...row) => {
  const [pattern, separators, text, is] = row;
  expect(globMatches(pattern, separators, text)).toBe(is);
});

test("a list of file patterns has no empty ones, and is compared in any case, with dots and slashes as borders", () => {
  expect(filePatterns(" A/*.ts ;; .CI/** ;")).toEqual(["a/*.ts", ".ci/**"]);
  const patterns = filePatterns("docs/*.md;.ci/**");

  expect(matchesFile(patterns, "Docs/README.md")).toBe(true);
  expect(matchesFile(patterns, "docs/a/b.md")).toBe(false);
  expect(matchesFile(patterns, "docs/a.b.md")).toBe(false);
  expect(matchesFile(patterns, ".ci/a/b.yml")).toBe(true);
  expect(matchesFile([], ".ci/a")).toBe(false);
});

test("a name in any case is an expression without flags, in which every other character stands for itself", () => {
  const expression = new RegExp(`^${anyCaseSource("Ab.1")}$`);

  for (const name of ["ab.1", "AB.1", "aB.1"]) expect(expression.test(name)).toBe(true);
  for (const name of ["abx1", "ab.2", "b.1", "ab.1x"]) expect(expression.test(name)).toBe(false);
});
