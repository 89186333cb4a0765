/** A program that a person uses on this terminal, such as an editor: it has the terminal and the whole environment. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { DisintoError } from "../errors.ts";
import type { Argv } from "./process.ts";

export async function runInteractive([program, ...words]: Argv): Promise<void> {
  const child = spawn(program, words, { stdio: "inherit" });
  const [exitCode] = await once(child, "exit").catch((error: NodeJS.ErrnoException) => {
    throw new DisintoError("process.failed", `${program} could not be started (${error.code})`, {
      hint: "set EDITOR to a program that is there, or give the text with --body or --file",
    });
  });
  if (exitCode === 0) return;
  throw new DisintoError("process.failed", `${program} ended with ${exitCode}`);
}
