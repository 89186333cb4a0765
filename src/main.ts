#!/usr/bin/env node
/** argv → command → exit code. Builds the adapters, owns the signals, and is the only one to exit. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { systemClock } from "./adapters/system-clock.ts";
import { buildProgram } from "./cli/commands.ts";
import { formatFailure } from "./cli/failure.ts";
import type { Tools } from "./cli/tools.ts";
import { DisintoError, ExitCode, exitCodeOf } from "./errors.ts";

const self = fileURLToPath(import.meta.url);

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function buildTools(signal: AbortSignal): Tools {
  return {
    version: readVersion(),
    print: (text) => process.stdout.write(text),
    say: (line) => process.stderr.write(`${line}\n`),
    environment: process.env,
    signal,
    clock: systemClock,
    self: [process.execPath, self],
    containers: async (factory, folder) => {
      const { buildContainers } = await import("./adapters/engines.ts");
      return buildContainers({ factory, folder, self: [process.execPath, self] });
    },
    forge: async (url, token) => {
      const { buildForge } = await import("./adapters/forgejo/forge.ts");
      return buildForge({ url, token, signal });
    },
    forgeAdmin: async (url, admin) => {
      const { buildForgeAdmin } = await import("./adapters/forgejo/forge-admin.ts");
      return buildForgeAdmin({ url, admin, signal });
    },
  };
}

/** The first signal asks for a clean end; the second one is the operator's last word. */
function listenForSignals(): { signal: AbortSignal; received: () => NodeJS.Signals | undefined } {
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
  const { signal, received } = listenForSignals();
  const tools = buildTools(signal);
  let code: ExitCode = ExitCode.done;
  try {
    const program = buildProgram(tools, (ended) => {
      code = ended;
    });
    await program.parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    if (!signal.aborted) tools.say(formatFailure(error, tools.version));
    code = exitCodeOf(error);
  }
  const interruptedBy = received();
  return interruptedBy && code !== ExitCode.done ? exitCodeOfSignal(interruptedBy) : code;
}

process.exit(await main());
