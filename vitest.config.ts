import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { RunReporter } from "./test/support/run-reporter.ts";

/** For scripts: a file for the results as JSON, beside what people read. */
const results = process.env.DISINTO_TEST_RESULTS;

export default defineConfig({
  test: {
    reporters: ["default", new RunReporter(), ...(results ? ["json"] : [])],
    ...(results && { outputFile: { json: results } }),
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    setupFiles: ["test/answers/every-answer.ts"],
    globalSetup: ["test/answers/built-answers.ts", "test/support/secret-watch.ts"],
    // Most of a scenario is waiting for its processes, so a machine of two cores has time for two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
