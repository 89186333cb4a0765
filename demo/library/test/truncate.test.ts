import assert from "node:assert/strict";
import { test } from "node:test";
import { truncate } from "../src/truncate.ts";

test("leaves a short text as it is", () => {
  assert.equal(truncate("short", 5), "short");
});

test("cuts a long one and says so", () => {
  assert.equal(truncate("a longer text", 9), "a longer…");
});
