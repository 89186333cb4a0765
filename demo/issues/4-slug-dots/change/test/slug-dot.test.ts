import assert from "node:assert/strict";
import { test } from "node:test";
import { slug } from "../src/slug.ts";

test("a dot parts two words", () => {
  assert.equal(slug("Node.js"), "node-js");
});
