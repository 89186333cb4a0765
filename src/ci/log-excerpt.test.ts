import { expect, test } from "vitest";
import { excerptLog } from "./log-excerpt.ts";

const quiet = (count: number): string[] => Array.from({ length: count }, (_, at) => `line ${at}`);

test("colours, progress written over itself and carriage returns are gone", () => {
  const text =
    "\u001b[31mred\u001b[0m\r\n 10%\r 50%\r100%\n\u001b]8;;http://x\u0007link\u001b]8;;\u0007\n";

  expect(excerptLog(text, 1000)).toBe("red\n100%\nlink");
});

test("of a long log the first errors with their surroundings and the end are kept", () => {
  const log = [...quiet(200), "src/a.ts(3,1): error TS1: no", ...quiet(500), "the end"].join("\n");

  const excerpt = excerptLog(log, 10_000);

  expect(excerpt).toContain("error TS1");
  expect(excerpt).toContain("line 199\nsrc/a.ts");
  expect(excerpt).toMatch(/the end$/);
  expect(excerpt).toMatch(/lines left out/);
  expect(excerpt.split("\n").length).toBeLessThan(120);
});

test("a line that counts no errors is none", () => {
  const log = [...quiet(10), "0 errors, failures: 0", ...quiet(200)].join("\n");

  expect(excerptLog(log, 10_000)).not.toContain("0 errors");
});

test("an excerpt is never longer than asked for, and keeps both ends of what it cuts", () => {
  const excerpt = excerptLog(
    ["first error", ...quiet(50).map((line) => line.repeat(40)), "last"].join("\n"),
    500,
  );

  expect(excerpt.length).toBeLessThanOrEqual(500);
  expect(excerpt).toMatch(/^first error/);
  expect(excerpt).toMatch(/last$/);
});
