import assert from "node:assert/strict";
import { test } from "node:test";
import { countSentences } from "../src/sentences.ts";

test("counts what ends with a mark", () => {
  assert.equal(countSentences("One. Two! Three?"), 3);
});

test("marks in a row end one sentence", () => {
  assert.equal(countSentences("Really?! Yes…"), 2);
});

test("a text without marks is one sentence, an empty one is none", () => {
  assert.equal(countSentences("no mark"), 1);
  assert.equal(countSentences("  "), 0);
});
