import assert from "node:assert/strict";
import { test } from "node:test";
import { titleCase } from "../src/title-case.ts";

test("writes every word with a capital", () => {
  assert.equal(titleCase("war and peace"), "War And Peace");
});
