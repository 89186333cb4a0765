import { expect, test } from "vitest";
import { Redactor } from "./redactor.ts";

function redactWith(secrets: Readonly<Record<string, string | undefined>>, text: string): string {
  const redactor = new Redactor();
  redactor.learn(Object.entries(secrets));
  return redactor.redact(text);
}

test("what is too short to be a secret, or not set, garbles no text", () => {
  expect(redactWith({ A: "abc", B: undefined, C: "" }, "abc undefined")).toBe("abc undefined");
  expect(redactWith({ A: "abcd" }, "abc abcd")).toBe("abc [A]");
});

test("of a secret with several lines those are secrets too that are long enough, in each form", () => {
  const secret = 'short\nlong "line" 1\n12345678';

  expect(redactWith({ A: secret }, "short")).toBe("short");
  expect(redactWith({ A: secret }, "12345678")).toBe("[A]");
  expect(redactWith({ A: secret }, JSON.stringify('long "line" 1'))).toBe('"[A]"');
  expect(redactWith({ A: secret }, encodeURIComponent('long "line" 1'))).toBe("[A]");
  expect(redactWith({ A: secret }, JSON.stringify(secret))).toBe('"[A]"');
});

test("what was learnt before stays", () => {
  const redactor = new Redactor();
  redactor.learn([["A", "first-one"]]);
  redactor.learn([["B", "second-one"]]);
  redactor.learn([]);

  expect(redactor.redact("first-one second-one")).toBe("[A] [B]");
});
