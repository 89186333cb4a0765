import assert from "node:assert/strict";
import { test } from "node:test";
import { truncateWords } from "../src/truncate-words.ts";

test("cuts between words", () => {
  assert.equal(truncateWords("a much longer text", 9), "a much…");
});

test("a first word that is too long is cut all the same", () => {
  assert.equal(truncateWords("incomprehensible", 6), "incom…");
});
