import fc from "fast-check";
import { expect, test } from "vitest";
import { toTerminalText } from "./terminal-text.ts";

test.each([
  ["\u001b]0;owned\u0007title", "\\u001b]0;owned\\u0007title"],
  ["\u001b[2J\u001b[1;1Hgone", "\\u001b[2J\\u001b[1;1Hgone"],
  ["\u001b[31mred\u001b[0m \u001b[8mhidden", "red hidden"],
  ["\u009b2Jgone", "\\u009b2Jgone"],
  ["done\rERROR", "done\\u000dERROR"],
  ["user\u202etxt.exe", "user\\u202etxt.exe"],
  ["one\r\ntwo\tthree\n", "one\ntwo\tthree\n"],
  ["Grüße, 漢字 👍🏽 é", "Grüße, 漢字 👍🏽 é"],
])("%j is printed as %j", (text, inert) => {
  expect(toTerminalText(text)).toBe(inert);
});

test("no text acts on a terminal, and JSON means what it meant", () => {
  const hostile = fc.string({
    unit: fc.constantFrom(...'\u001b[]2J;m\u0007\u009b\r\n\t\u007f\u202e"\\aé'),
  });
  fc.assert(
    fc.property(hostile, (text) => {
      expect(toTerminalText(text)).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
      const json = JSON.stringify({ text }, undefined, 2);
      expect(JSON.parse(toTerminalText(json))).toEqual({ text });
    }),
  );
});
