import { expect, test } from "vitest";
import { DisintoError } from "../../errors.ts";
import { classifyFailure } from "./failure.ts";

test("what the outside fails at is waited for, and what no waiting mends ends the bot", () => {
  const kindOf = (code: DisintoError["code"]) => classifyFailure(new DisintoError(code, ""))?.kind;

  expect(kindOf("model.unavailable")).toBe("model-away");
  expect(kindOf("ci.unavailable")).toBe("ci-away");
  expect(kindOf("forge.unavailable")).toBe("forge-away");
  expect(kindOf("config.invalid")).toBeUndefined();
  expect(classifyFailure(new Error("a bug"))).toBeUndefined();
});
