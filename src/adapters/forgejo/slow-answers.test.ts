import { expect, test } from "vitest";
import { SlowAnswers } from "./slow-answers.ts";

function after(...answers: readonly number[]): string | undefined {
  const pace = new SlowAnswers();
  for (const tookMs of answers) pace.note(tookMs);
  return pace.slowReason();
}

test("one slow answer is forgiven, two of ten seconds are not, and quick ones never count", () => {
  expect(after(...Array(1000).fill(4_000))).toBeUndefined();
  expect(after(10_000, 100)).toBeUndefined();
  expect(after(10_000, 100, 10_000)).toBe("it is too slow: 2 answers took 20 s");
});
