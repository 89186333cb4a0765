import { readFile } from "node:fs/promises";
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

/** What real failing runs printed (test/ci-logs): among 60 to 120 passing tests with "error" in their names, one fails. */
const logs: readonly (readonly [file: string, ...wanted: readonly string[]])[] = [
  ["node-spec", "✖ the total of an empty cart is zero", "total must be zero", "a.test.mjs:"],
  [
    "node-tap",
    "not ok 61 - the total of an empty cart is zero",
    "total must be zero",
    "a.test.mjs:",
  ],
  ["vitest", "the total of an empty cart is zero", "expected 7 to be +0", "a.test.mjs:3"],
  ["jest", "● the total of an empty cart is zero", "Expected: 0", "a.test.js:3"],
  ["mocha", "1) the total of an empty cart is zero", "7 !== 0", "a.test.cjs:3"],
  ["tape", "not ok 61 total must be zero", "expected:", "a.js:2"],
  ["prove", "not ok 61 - total of an empty cart is zero", "Failed test", "at cart.t line"],
  ["pytest", "test_total_of_empty_cart_is_zero", "assert 7 == 0", "test_cart.py:"],
  ["unittest", "FAIL: test_total_of_empty_cart_is_zero", "7 != 0", "test_cart.py"],
  ["rspec", "has no total when empty", "expected: 0", "cart_spec.rb:62"],
  ["phpunit", "Total of empty cart is zero", "total must be zero", "CartTest.php:"],
  ["go-test", "--- FAIL: TestTotalOfEmptyCart", "is 7, want 0", "cart_test.go:65"],
  ["go-build", "cannot use", "cart.go:4:9"],
  ["cargo-test", "total_of_empty_cart_is_zero", "total must be zero", "src/lib.rs:62"],
  ["cargo-build", "mismatched types", "src/lib.rs:2"],
  ["maven", "CartTest.totalOfEmptyCartIsZero", "expected: <0> but was: <7>", "CartTest.java:64"],
  ["make-gcc", "undeclared", "cart.c:42:12", "make: *** "],
  ["ctest", "total_of_empty_cart", "total is 7, want 0", "cart.c:12"],
  ["tsc", "error TS2322", "a.ts(1,7)"],
  ["eslint", "no-unused-vars", "zcart.mjs", "1:7"],
];

test.each(logs)("the excerpt of a failing run of %s shows the failure", async (file, ...wanted) => {
  const folder = new URL("../../test/ci-logs/", import.meta.url);
  const log = await readFile(new URL(`${file}.txt`, folder), "utf8");

  for (const room of [2_000, 6_000]) {
    const excerpt = excerptLog(log, room);

    expect(excerpt.length).toBeLessThanOrEqual(room);
    for (const part of wanted) expect(excerpt).toContain(part);
  }
});
