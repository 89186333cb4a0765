import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/support/secret-watch.ts"],
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
