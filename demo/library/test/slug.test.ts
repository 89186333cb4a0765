import assert from "node:assert/strict";
import { test } from "node:test";
import { slug } from "../src/slug.ts";

test("makes lower case of a title and joins its words", () => {
  assert.equal(slug("Hello, World"), "hello-world");
});

test("keeps letters without their accents", () => {
  assert.equal(slug("Crème brûlée"), "creme-brulee");
});

test("begins and ends with a letter or a digit", () => {
  assert.equal(slug("  _ok_  "), "ok");
});
