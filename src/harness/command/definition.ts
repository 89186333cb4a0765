import type { HarnessDefinition } from "../definitions.ts";

export const commandHarness: HarnessDefinition = {
  meaning: "any program",
  program: ({ command: [program = ""] }) =>
    program.includes("/") && !program.startsWith("/") ? undefined : program,
  api: "completions",
  asksModel: false,
  smallestWindow: 0,
  usesLogin: () => false,
};
