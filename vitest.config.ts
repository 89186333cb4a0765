import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    setupFiles: ["test/answers/every-answer.ts"],
    globalSetup: ["test/answers/built-answers.ts", "test/support/secret-watch.ts"],
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
