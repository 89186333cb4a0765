import assert from "node:assert/strict";
import { test } from "node:test";
import { words } from "../src/words.ts";

test("splits at spaces and punctuation", () => {
  assert.deepEqual(words("One, two – three!"), ["One", "two", "three"]);
});

test("an apostrophe and a hyphen belong to the word", () => {
  assert.deepEqual(words("it's well-known"), ["it's", "well-known"]);
});

test("a text without words has none", () => {
  assert.deepEqual(words(" … "), []);
});
