import assert from "node:assert/strict";
import { test } from "node:test";
import { slug } from "../src/slug.ts";

test("a slash parts two words", () => {
  assert.equal(slug("TCP/IP"), "tcp-ip");
});
