import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsPerSentence } from "../src/readability.ts";

test("answers the mean number of words in a sentence", () => {
  assert.equal(wordsPerSentence("One two. Three four five."), 2.5);
});

test("an empty text is not hard to read", () => {
  assert.equal(wordsPerSentence(""), 0);
});
