/** Runs one step of a workflow in a folder: real commands, no credentials in their environment, bounded. */
import { execa } from "execa";
import type { Step } from "./workflow.ts";

export interface StepRun {
  readonly folder: string;
  readonly step: Step;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface StepEnd {
  /** `killed`: something outside of it ended it. */
  readonly state: "success" | "failure" | "killed";
  readonly exitCode: number;
  readonly error?: string;
  readonly output: string;
}

const LIMIT_MS = 30 * 60_000;
const MAX_LOG_BYTES = 20_000_000;

/** Exit codes of `timeout`, and of a shell whose child was killed. */
const OVERDUE = 124;
const KILLED = 137;

export async function runStep({ folder, step, environment, signal }: StepRun): Promise<StepEnd> {
  const child = execa("/bin/sh", ["-e"], {
    cwd: folder,
    input: `${step.commands.join("\n")}\n`,
    env: { ...environment, ...step.environment },
    extendEnv: false,
    detached: true,
    reject: false,
    all: true,
    maxBuffer: MAX_LOG_BYTES,
  });
  const end = (): void => endGroup(child.pid);
  const overdue = AbortSignal.timeout(LIMIT_MS);
  const limit = AbortSignal.any([signal, overdue]);
  limit.addEventListener("abort", end, { once: true });
  const { exitCode, signal: killedBy, all = "", originalMessage } = await child;
  limit.removeEventListener("abort", end);
  endGroup(child.pid);
  const output = String(all);
  if (exitCode === 0) return { state: "success", exitCode, output };
  if (overdue.aborted) {
    const error = `took longer than ${LIMIT_MS / 60_000} minutes`;
    return { state: "failure", exitCode: OVERDUE, error, output };
  }
  if (exitCode !== undefined) return { state: "failure", exitCode, output };
  if (killedBy)
    return { state: "killed", exitCode: KILLED, error: `killed by ${killedBy}`, output };
  return { state: "failure", exitCode: 0, error: `could not start: ${originalMessage}`, output };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
