/** Runs the steps of one workflow in a folder: real commands, no credentials in their environment, bounded. */
import { createWriteStream } from "node:fs";
import { execa } from "execa";
import type { Status } from "../../ports/forge.ts";
import type { Step } from "./workflow.ts";

export interface StepsRun {
  readonly folder: string;
  readonly steps: readonly Step[];
  readonly environment: Readonly<Record<string, string>>;
  /** Receives everything the steps print. */
  readonly logFile: string;
  readonly signal: AbortSignal;
}

const STEP_LIMIT_MS = 30 * 60_000;
const MAX_LOG_BYTES = 20_000_000;

/** Statuses keep a line, not a log: Forgejo cuts longer descriptions. */
const MAX_DESCRIPTION = 200;

export async function runSteps(run: StepsRun): Promise<Pick<Status, "state" | "description">> {
  const log = createWriteStream(run.logFile, { flags: "a", mode: 0o600 });
  try {
    for (const step of run.steps) {
      log.write(`+ ${step.name}\n`);
      const problem = await runStep(run, step, (text) => log.write(text));
      if (problem)
        return {
          state: "failure",
          description: `${step.name} ${problem}`.slice(0, MAX_DESCRIPTION),
        };
    }
    return { state: "success", description: `${run.steps.length} steps passed` };
  } finally {
    await new Promise((resolve) => log.end(resolve));
  }
}

/** Undefined when every command of the step ended with 0. */
async function runStep(
  run: StepsRun,
  step: Step,
  write: (text: string) => void,
): Promise<string | undefined> {
  const child = execa("/bin/sh", ["-e"], {
    cwd: run.folder,
    input: `${step.commands.join("\n")}\n`,
    env: { ...run.environment, ...step.environment },
    extendEnv: false,
    detached: true,
    reject: false,
    all: true,
    maxBuffer: MAX_LOG_BYTES,
  });
  const end = (): void => endGroup(child.pid);
  const limit = AbortSignal.any([run.signal, AbortSignal.timeout(STEP_LIMIT_MS)]);
  limit.addEventListener("abort", end, { once: true });
  const { exitCode, all = "" } = await child;
  limit.removeEventListener("abort", end);
  endGroup(child.pid);
  write(`${all}\n`);
  if (exitCode === 0) return undefined;
  const lastLine = String(all).trim().split("\n").at(-1) ?? "";
  return exitCode === undefined
    ? "was ended before it was done"
    : `ended with ${exitCode}: ${lastLine}`;
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
