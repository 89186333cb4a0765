import assert from "node:assert/strict";
import { test } from "node:test";
import { count } from "../src/count.ts";

test("one thing keeps its name, several have the plural", () => {
  assert.equal(count(1, "word"), "1 word");
  assert.equal(count(2, "word"), "2 words");
});

test("a y after a consonant becomes ies", () => {
  assert.equal(count(2, "entry"), "2 entries");
  assert.equal(count(3, "day"), "3 days");
});
