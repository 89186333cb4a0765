/** The unit tests of what `npm run mutate` changes, without what the whole suite prepares. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "src/core/**/*.test.ts",
      "src/config/**/*.test.ts",
      "src/bot/**/*.test.ts",
      "src/roles/**/*.test.ts",
      "src/forge/**/*.test.ts",
      "src/harness/gateway/**/*.test.ts",
    ],
    testTimeout: 60_000,
    // What is changed is this process's code: nothing is built of it, see test/support/forge-process.ts.
    env: { DISINTO_TEST_FORGE: "in-process" },
  },
});
