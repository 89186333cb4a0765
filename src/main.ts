#!/usr/bin/env node
/** argv → command → exit code. Owns the signals and is the only one to exit; wiring.ts builds the adapters. */
import { CommanderError } from "commander";
import { formatFailure, formatFailureJson } from "./cli/failure.ts";
import { buildProgram } from "./cli/program.ts";
import { DisintoError, ExitCode, exitCodeOf, recognize } from "./errors.ts";
import { buildTools } from "./wiring.ts";

/** The first signal asks for a clean end; the second one is the operator's last word. */
function handleSignals(): { signal: AbortSignal; received: () => NodeJS.Signals | undefined } {
  const controller = new AbortController();
  let first: NodeJS.Signals | undefined;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (first) process.exit(exitCodeOfSignal(first));
      first = name;
      controller.abort(new DisintoError("interrupted", `interrupted by ${name}`));
    });
  }
  return { signal: controller.signal, received: () => first };
}

function exitCodeOfSignal(name: NodeJS.Signals): number {
  return name === "SIGTERM" ? 143 : ExitCode.interrupted;
}

async function main(): Promise<number> {
  const { signal, received } = handleSignals();
  const tools = buildTools(signal);
  let code: ExitCode = ExitCode.done;
  let hasReturned = false;
  try {
    const program = buildProgram(tools, (ended) => {
      code = ended;
      hasReturned = true;
    });
    await program.parseAsync(process.argv);
  } catch (thrown) {
    const error = recognize(thrown);
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    if (signal.aborted) tools.say("interrupted; run the same command again to continue");
    else tools.say(formatFailure(error, tools.version));
    if (process.argv.includes("--json")) tools.print(formatFailureJson(error));
    code = exitCodeOf(error);
  }
  const interruptedBy = received();
  return interruptedBy && !hasReturned ? exitCodeOfSignal(interruptedBy) : code;
}

process.exit(await main());
