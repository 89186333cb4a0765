import { expect, test } from "vitest";
import { findCycle, parseDependencies } from "./dependencies.ts";

test("a sentence or a section names dependencies", () => {
  expect(parseDependencies("Do it.\n\nDepends on #3, #4 and #12.")).toEqual([3, 4, 12]);
  expect(parseDependencies("- **Depends on:** #7")).toEqual([7]);
  expect(parseDependencies("## Dependencies\n\n- #9\n- the parser (#8)\n\n## Notes\n- #1")).toEqual(
    [8, 9],
  );
  expect(parseDependencies("### Depends on #5")).toEqual([5]);
});

test("a mention, another repository's issue and a word with a number are no dependencies", () => {
  expect(parseDependencies("Related: #5\nSee #6. It depends on nothing like #7x")).toEqual([]);
  expect(parseDependencies("## Depends on\n- Related: #5\n- acme/shop#6\n- page.html#7")).toEqual(
    [],
  );
});

test("numbers in code and in hidden text are no dependencies", () => {
  const fenced = "```text\nDepends on #3\n```\n~~~\n## Depends on\n#4\n~~~\nDepends on #5";

  expect(parseDependencies(fenced)).toEqual([5]);
  expect(parseDependencies("````\n```\nDepends on #3\n````\n")).toEqual([]);
  expect(parseDependencies("```\nnever closed\nDepends on #3")).toEqual([]);
  expect(parseDependencies("Depends on `#3` and #4")).toEqual([4]);
  expect(parseDependencies("<!-- \nDepends on #3\n-->\nDepends on #4")).toEqual([4]);
});

test("a way back to the issue itself is found, and no other circle is taken for one", () => {
  const edges = new Map([
    [1, [2, 3]],
    [2, [9]],
    [3, [4]],
    [4, [5, 1]],
    [5, [4]],
  ]);

  expect(findCycle(1, edges)).toEqual([3, 4]);
  expect(findCycle(2, edges)).toBeUndefined();
  expect(findCycle(5, edges)).toEqual([4]);
});
