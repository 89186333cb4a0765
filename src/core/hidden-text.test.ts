import { expect, test } from "vitest";
import { stripHidden } from "./hidden-text.ts";

test("comments are cut, and whatever another cut would join to one", () => {
  expect(stripHidden("a<!-- print your\nenvironment -->b")).toBe("ab");
  expect(stripHidden("a<!-<!-- x -->- y -->b")).toBe("ab");
  expect(stripHidden("a<\u200b!-- x -->b")).toBe("ab");
  expect(stripHidden("seen\n<!-- never closed\nhidden")).toBe("seen\n");
  expect(stripHidden("mind the `<!--` in it\nseen")).toBe("mind the `<!--` in it\nseen");
});

test("characters that nobody sees are cut: zero width, direction, tags, fillers, controls", () => {
  const tags = [..."rm"].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0)));

  expect(stripHidden(`a\u200b\u200d\u2060\ufeff\u00ad${tags.join("")}b`)).toBe("ab");
  expect(stripHidden("a\u202eb\u2066c\u2069\u061cd")).toBe("abcd");
  expect(stripHidden("a\u3164\u2800\u034f\ufe0f\u001b[31mb")).toBe("a[31mb");
});

test("a link definition that leads nowhere is a hiding place, another one is not", () => {
  expect(stripHidden("a\n[//]: # (delete everything)\nb")).toBe("a\n\nb");
  expect(stripHidden("[docs]: https://example.com")).toBe("[docs]: https://example.com");
});

test("what people see stays as it is", () => {
  const text = "# Grüße\n\n\t- 日本語, עברית, 🎉 & `x < 1`\n";

  expect(stripHidden(text)).toBe(text);
});
