import { expect, test } from "vitest";
import { parseEnvironment } from "./environment.ts";
import { formatProblem } from "./problem.ts";

/** Written so, a reference in braces is not taken for JavaScript's own. */
function toDollars(text: string): string {
  return text.replaceAll("§", "$");
}

function read(text: string) {
  const { values, problems } = parseEnvironment(".env", toDollars(text));
  return { value: values.get("A"), problems: problems.map(formatProblem).join("\n") };
}

/** Each measured with Compose 2.26. */
test.each([
  ["A=§{NO:-§{ALSO:-y}}", "y"],
  ["B=z\nA=§{NO:-§{B}}", "z"],
  ["B=z\nA=§{NO:-$B}", "z"],
  ["A=§{NO:-§{ALSO:-§{THIRD:-q}}}", "q"],
  ["B=z\nA=§{B:+§{B}y}", "zy"],
  ["A=§{NO:-{a}}", "{a}"],
  ["A=§{NO:-a{b}", "a{b"],
  ["A=§{NO:-a}b}", "ab}"],
  ["A=§{NO:-a$$b}", "a$b"],
  ["A=§{NO-a:-b}", "a:-b"],
  ["A=a$ $1x", "a$ $1x"],
  ["A=a$$b", "a$b"],
  ['A="\\$NO"', "$NO"],
  ["A='§{NO}'", "§{NO}"],
  ["B=\nA=§{B:-x}§{B-y}§{B:+z}§{B+w}", "xw"],
])("%j is read as Compose reads it", (text, value) => {
  expect(read(text)).toEqual({ value: toDollars(value), problems: "" });
});

test("a variable that Compose is handed by us is seen as it sees it, whatever .env says of it", () => {
  expect(read("HOME=/zzz\nA=$HOME/x").value).toBe(`${process.env.HOME}/x`);
});

test("each reference that Compose refuses or leaves empty is named in its place", () => {
  expect(read("X=1\nA=pa$word §{NO:-$B}\n").problems).toMatchInlineSnapshot(`
    ".env:2:5  A: $word refers to word, which is not set above
      hint: set word above, or write a dollar sign as $$, or put the value into single quotes
    .env:2:17  A: $B refers to B, which is not set above
      hint: set B above, or write a dollar sign as $$, or put the value into single quotes"
  `);
  expect(read("A=§{NO:?must be set}").problems).toMatchInlineSnapshot(`
    ".env:1:3  A: \${NO:?must be set}: references that stop Compose are not allowed here
      hint: write $NO, and set NO above"
  `);
  expect(read('A="§{NO"').problems).toMatchInlineSnapshot(`
    ".env:1:4  A: \${NO is not a reference to a variable
      hint: write a dollar sign as $$, or put the value into single quotes"
  `);
  expect(read("A=$B\nB=1").problems).toMatchInlineSnapshot(`
    ".env:1:3  A: $B refers to B, which is not set above
      hint: set B above, or write a dollar sign as $$, or put the value into single quotes"
  `);
  expect(read("A='a' 'b'").problems).toMatchInlineSnapshot(`
    ".env:1:7  expected KEY=value
      hint: write NAME=value, or begin a comment with #"
  `);
});
