/** Runs one step of a workflow in a folder: real commands, no credentials in their environment, bounded. */
import { randomUUID } from "node:crypto";
import { realpath } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { type Argv, startRecorded } from "../../adapters/process.ts";
import { commandAs } from "../../adapters/session-user/other-user.ts";
import type { SessionUser } from "../../adapters/session-user/session-user.ts";
import { endSession, MARK } from "../../harness/session/leftover-processes.ts";
import type { RunSlot } from "./ci-project.ts";
import { noteMissingPrograms } from "./image-programs.ts";
import type { PlannedStep } from "./workflow/workflows.ts";

export interface StepRun {
  /** Where it works, in the run's slot. */
  readonly folder: string;
  readonly step: Pick<PlannedStep, "commands" | "environment" | "image">;
  readonly signal: AbortSignal;
  readonly slot: RunSlot;
  /** Gets what it writes while it writes it. */
  readonly live?: Writable;
  readonly redact?: (text: string) => string;
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

export async function runStep(run: StepRun): Promise<StepEnd> {
  const { folder, step, signal, slot, redact = (text: string) => text } = run;
  const { user } = slot;
  const mark = randomUUID();
  const child = startRecorded(shell(folder, user), {
    ...(user.uid === undefined && { cwd: folder }),
    input: `${[...noteMissingPrograms(step.image), ...step.commands].join("\n")}\n`,
    env: { ...step.environment, [MARK]: mark },
    detached: true,
    maxOutputBytes: MAX_LOG_BYTES,
  });
  if (run.live && child.all) showLines(child.all, run.live, redact);
  const root = await realpath(slot.root);
  const ends: Promise<void>[] = [];
  const end = (): void => void ends.push(endSession({ mark, folders: [root] }, user));
  const overdue = AbortSignal.timeout(LIMIT_MS);
  const limit = AbortSignal.any([signal, overdue]);
  limit.addEventListener("abort", end, { once: true });
  // What it left behind may hold its output open, and is ended before that is waited for.
  child.once("exit", end);
  const { exitCode, signal: killedBy, all = "", originalMessage } = await child;
  limit.removeEventListener("abort", end);
  await Promise.all(ends);
  const output = redact(String(all));
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

/** Whole ones, since what is kept out of them could be cut in two. */
function showLines(from: Readable, into: Writable, redact: (text: string) => string): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  from.on("data", (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0 && into.writable) into.write(redact(`${lines.join("\n")}\n`));
  });
}

function shell(folder: string, { uid }: SessionUser): Argv {
  const argv = ["/bin/sh", "-e"] as const;
  return uid === undefined ? argv : commandAs(uid, argv, folder);
}
