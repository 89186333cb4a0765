import { expect, test } from "vitest";
import { makeFactory, shop } from "../../test/support/factories.ts";
import { findMissingReviewer } from "./reviewer.ts";

const llama = "LLAMA_BASE_URL=http://m:1\nLLAMA_MODEL=qwen\nLLAMA_API_KEY=k\nLLAMA_BOTS=ada\n";

function withSection(lines: string): Readonly<Record<string, string>> {
  return { shop: `${shop}${lines}` };
}

test("a factory without a reviewer gets one on the llama bots' backend", () => {
  expect(findMissingReviewer(makeFactory(llama, { shop }))).toEqual({
    type: "addable",
    like: "ada",
    settings: {
      roles: ["review"],
      forge_user: "disinto-reviewer",
      harness: "claude-code",
      base_url: "http://m:1",
      model: "qwen",
      api_key_env: "LLAMA_API_KEY",
    },
  });
});

test("the reviewer has the llama bots' harness too", () => {
  const projects = withSection('[agents.ada]\nharness = "opencode"\n');

  expect(findMissingReviewer(makeFactory(llama, projects))).toMatchObject({
    settings: { harness: "opencode" },
  });
});

test("a command that writes code is not made a reviewer", () => {
  const projects = withSection('[agents.ada]\nharness = "command"\ncommand = ["/bin/c"]\n');

  expect(findMissingReviewer(makeFactory(llama, projects))).toMatchObject({ type: "lacking" });
});

test("with a reviewer, or with nobody to review, none is missing", () => {
  const reviewing = withSection('[agents.rex]\nroles = ["review"]\nbase_url = "http://m:1"\n');

  expect(findMissingReviewer(makeFactory(llama, reviewing))).toBeUndefined();
  expect(findMissingReviewer(makeFactory("", { shop }))).toBeUndefined();
});
