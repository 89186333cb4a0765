import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { deriveEgressLists } from "./egress-lists.ts";

const project = 'repo = "acme/shop"\n[network]\nallow = ["ok.org"]\n';
const bots = "LLAMA_BOTS=ada\nLLAMA_BASE_URL=http://host.docker.internal:8081\n";

function allowedTo(env: string): Readonly<Record<string, readonly string[]>> {
  const { callers } = deriveEgressLists(makeFactory(`${bots}${env}`, { shop: project }));
  return Object.fromEntries(Object.entries(callers).map(([name, { allow }]) => [name, allow]));
}

test("a forge that runs elsewhere is reached by bots and by the CI, beside what the project allows", () => {
  const forge = "DISINTO_FORGE=external\nFORGE_URL=http://git.example.org:3066/git\n";

  expect(allowedTo(forge)).toEqual({
    "disinto-agents-ada": ["git.example.org:3066", "ok.org"],
    "disinto-ci": ["git.example.org:3066", "ok.org"],
  });
});

test("a forge of ours is inside, and in nobody's list", () => {
  expect(allowedTo("")).toEqual({
    "disinto-agents-ada": ["ok.org"],
    "disinto-ci": ["ok.org"],
  });
});
