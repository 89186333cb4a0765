import assert from "node:assert/strict";
import { test } from "node:test";
import { titleCase } from "../src/title-case.ts";

test("writes the words of a title with a capital, but for small ones", () => {
  assert.equal(titleCase("war and peace"), "War and Peace");
});

test("the first word has a capital, however small it is", () => {
  assert.equal(titleCase("the trial"), "The Trial");
});
