import { expect, test } from "vitest";
import { listProblems } from "../../test/support/factories.ts";
import { nameRefused } from "./refused-value.ts";

test.each([
  ["must be one of dev, review", "roles", "chef", 'must be one of dev, review, not "chef"'],
  ["has no tag", "image", "node", '"node" has no tag'],
  [
    "too small: expected number to be >=0",
    "ci_fixes",
    -1,
    "too small: expected number to be >=0, not -1",
  ],
  ["expected number, received string", "slots", "2", 'expected number, received "2"'],
  ["must not be empty", "repo", "", "must not be empty"],
  ["line 1 names {{dif}}", "review", "{{dif}}", "line 1 names {{dif}}"],
  ["must be a variable's name", "api_key", "sk-1", "must be a variable's name"],
  ["must be an http URL", "forge_url", "ftp://u:p@h", 'must be an http URL, not "ftp://…@h"'],
  ['"70000" is no port', "port", "70000", '"70000" is no port'],
  ["is missing", "repo", undefined, "is missing"],
])("%s of %s: the refused value is named, and no secret is", (...row) => {
  const [message, key, value, expected] = row;
  expect(nameRefused(message, key, value)).toBe(expected);
});

test("a refused role, engine and address are named where the file is wrong", () => {
  const shop = 'repo = "acme/shop"\n[agents.ada]\nroles = ["chef"]\nbase_url = "http://m:1"\n';

  const problems = listProblems("DISINTO_ENGINE=nomad\nFORGE_URL=git.example.org\n", { shop });

  expect(problems).toContain('not "chef"');
  expect(problems).toContain('not "nomad"');
  expect(problems).toContain('not "git.example.org"');
});
