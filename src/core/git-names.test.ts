import { expect, test } from "vitest";
import { formatNames, unquoteName } from "./git-names.ts";

test.each([
  ["plain.txt", "plain.txt"],
  ['"na\\303\\257ve file.txt"', "naïve file.txt"],
  ['"naïve\\tfile.txt"', "naïve\tfile.txt"],
  ['"100%\\nof \\"it\\".txt"', '100%\nof "it".txt'],
  ['"back\\\\slash\\001"', "back\\slash\x01"],
])("git's %s is read as it is", (quoted, name) => {
  expect(unquoteName(quoted)).toBe(name);
});

test("a list of names tells each from the next", () => {
  expect(formatNames(["src/a.ts", "naïve.txt", "one, two.txt", 'a"b', "x\ny"])).toBe(
    String.raw`src/a.ts, naïve.txt, "one, two.txt", "a\"b", "x\ny"`,
  );
});
