import { tmpdir } from "node:os";
import { afterEach, expect, test } from "vitest";
import { ownUser } from "../../adapters/hands/session-user.ts";
import { runStep } from "./steps.ts";

afterEach(() => {
  delete process.env.FORGE_TOKEN;
  delete process.env.CI_TOKEN;
});

test("a step sees nothing of the CI's own environment", async () => {
  process.env.FORGE_TOKEN = "the-forges-token";
  process.env.CI_TOKEN = "the-cis-token";

  const end = await runStep({
    folder: tmpdir(),
    step: { commands: ["env"], environment: { COLOUR: "red", PATH: process.env.PATH ?? "" } },
    signal: new AbortController().signal,
    user: ownUser,
  });

  expect(end).toMatchObject({ state: "success", exitCode: 0 });
  expect(end.output).toContain("COLOUR=red");
  expect(end.output).not.toMatch(/the-(forges|cis)-token/);
});
