import { expect, test } from "vitest";
import { gitFailure } from "./objects.ts";

test.each([
  ["fatal: Authentication failed for 'http://forge/x.git/'", "forge.unauthorized"],
  [
    "fatal: could not read Username for 'http://forge': terminal prompts disabled",
    "forge.unauthorized",
  ],
  [
    "fatal: unable to access 'http://forge/x.git/': The requested URL returned error: 403",
    "forge.forbidden",
  ],
  ["fatal: repository 'http://forge/x.git/' not found", "forge.not-found"],
  [
    "fatal: unable to access 'http://forge/x.git/': The requested URL returned error: 502",
    "forge.unavailable",
  ],
  [
    "fatal: unable to access 'http://forge/': Failed to connect to forge port 3000",
    "forge.unavailable",
  ],
  ["error: RPC failed; curl 18 transfer closed", "forge.unavailable"],
  ["fatal: write error: No space left on device", "disk.full"],
  ["fatal: bad object 1234", "git.failed"],
] as const)("%s is %s", (stderr, code) => {
  expect(gitFailure("fetch", stderr).code).toBe(code);
});
