/** The one runner of external commands: argv only, never a shell; bounded time and output. */
import { createInterface } from "node:readline";
import type { Options } from "execa";
import { pickToolVariables } from "../core/tool-variables.ts";
import { DisintoError } from "../errors.ts";
import { runChild } from "./child-output.ts";

export type Argv = readonly [string, ...string[]];

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the child; nothing is inherited beside it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The part of our own environment that a trusted tool (git, docker) needs. */
export function toolEnvironment(
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...pickToolVariables(process.env), ...extra };
}

function toExecaOptions({ cwd, env, input, timeoutMs, maxOutputBytes, signal }: RunOptions) {
  return {
    reject: false,
    extendEnv: false,
    stripFinalNewline: false,
    env: env ?? toolEnvironment(),
    timeout: timeoutMs ?? 120_000,
    maxBuffer: maxOutputBytes ?? 64_000_000,
    ...(cwd !== undefined && { cwd }),
    ...(input === undefined ? { stdin: "ignore" } : { input }),
    ...(signal && { cancelSignal: signal }),
  } satisfies Options;
}

/** Runs to the end whatever the exit code; a command that cannot start or is cut short throws. */
export async function run(argv: Argv, options: RunOptions = {}): Promise<Finished> {
  const [file, ...rest] = argv;
  const { exitCode, stdout, stderr, cut } = await runChild(file, rest, {
    cwd: options.cwd,
    env: options.env ?? toolEnvironment(),
    input: options.input,
    timeoutMs: options.timeoutMs ?? 120_000,
    maxOutputBytes: options.maxOutputBytes ?? 64_000_000,
    signal: options.signal,
  });
  if (cut?.by === "abort")
    throw new DisintoError("interrupted", `${describe(argv)} was interrupted`);
  if (exitCode === undefined || cut) {
    const message = cut?.message ?? "was ended by a signal";
    throw new DisintoError("process.failed", `${describe(argv)}: ${message}`);
  }
  return { exitCode, stdout, stderr };
}

export interface ShowOptions {
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  /** Gets each line of both streams, with its end. */
  readonly show: (line: string) => void;
}

/** Runs however long it takes and hands on what it writes; an interruption ends it quietly. */
export async function runShown(argv: Argv, options: ShowOptions): Promise<void> {
  const { cwd, signal, show } = options;
  const { execa } = await import("execa");
  const [file, ...rest] = argv;
  const child = execa(file, rest, {
    ...(cwd !== undefined && { cwd }),
    ...(signal && { cancelSignal: signal }),
    reject: false,
    extendEnv: false,
    env: toolEnvironment(),
    stdin: "ignore",
    buffer: false,
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => show(`${line}\n`));
  const { exitCode, isCanceled } = await child;
  if (isCanceled || exitCode === 0) return;
  throw new DisintoError("process.failed", `${describe(argv)} ended with ${exitCode}`);
}

/** Runs and answers standard output; any exit code but 0 throws with the end of standard error. */
export async function runOrThrow(argv: Argv, options: RunOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await run(argv, options);
  if (exitCode === 0) return stdout;
  throw new DisintoError(
    "process.failed",
    `${describe(argv)} ended with ${exitCode}: ${tail(stderr)}`,
  );
}

/** The command's first words; arguments may hold secrets and long texts, so they stay out of messages. */
function describe(argv: Argv): string {
  return argv.slice(0, 2).join(" ");
}

function tail(text: string): string {
  return text.trim().split("\n").slice(-5).join("\n");
}

interface PipeEnd {
  readonly argv: Argv;
  readonly options: RunOptions;
}

/** Pipes the first command's standard output into the second one's input; either failing throws. */
export async function runPiped(from: PipeEnd, into: PipeEnd): Promise<void> {
  const { execa } = await import("execa");
  const [sender, ...sent] = from.argv;
  const [receiver, ...received] = into.argv;
  const { stdin: _, ...receiving } = toExecaOptions(into.options) as Options & { stdin?: unknown };
  const child = execa(sender, sent, {
    ...toExecaOptions(from.options),
    reject: true,
    buffer: false,
  });
  try {
    await child.pipe(execa(receiver, received, { ...receiving, reject: true }));
  } catch (error) {
    throw new DisintoError(
      "process.failed",
      `${describe(from.argv)} | ${describe(into.argv)} failed`,
      { cause: error },
    );
  }
}
