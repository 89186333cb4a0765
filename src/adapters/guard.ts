/** A process that waits for our end at its standard input, however we end, and then does what it was started for. */
import { type Argv, start, toolEnvironment } from "./process.ts";

/** Answers how it is let go: then it has nothing left to do. */
export async function startGuard(argv: Argv): Promise<() => Promise<void>> {
  const child = start(argv, { env: toolEnvironment(), detached: true });
  return async () => {
    child.stdin.end();
    await child;
  };
}
