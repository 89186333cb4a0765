/** The one way to run other programs: argv only, never a shell, an environment that is given whole, bounded time and output. */
import { createInterface } from "node:readline";
import { execa, type Options, type ResultPromise } from "execa";
import { pickToolVariables } from "../core/tool-variables.ts";
import { DisintoError } from "../errors.ts";

export type Argv = readonly [string, ...string[]];

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the child; nothing is inherited beside it. Default: what a trusted tool needs. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Default: two minutes. */
  readonly timeoutMs?: number;
  /** The limit applies to standard output and standard error separately. Default: 64 MB. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
}

export interface Finished<Output = string> {
  readonly exitCode: number;
  readonly stdout: Output;
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
    encoding: "buffer",
    env: env ?? toolEnvironment(),
    timeout: timeoutMs ?? 120_000,
    maxBuffer: maxOutputBytes ?? 64_000_000,
    input: input ?? "",
    ...(cwd !== undefined && { cwd }),
    ...(signal && { cancelSignal: signal }),
  } satisfies Options;
}

/** Runs to the end whatever the exit code; a command that cannot start or is cut short throws. */
export async function run(argv: Argv, options: RunOptions = {}): Promise<Finished> {
  const { stdout, ...finished } = await runForBytes(argv, options);
  return { ...finished, stdout: stdout.toString() };
}

/** The same for output that need not be text. */
export async function runForBytes(
  argv: Argv,
  options: RunOptions = {},
): Promise<Finished<Buffer<ArrayBuffer>>> {
  const [file, ...rest] = argv;
  const end = await execa(file, rest, toExecaOptions(options));
  if (end.isCanceled) throw new DisintoError("interrupted", `${describe(argv)} was interrupted`);
  const { exitCode } = end;
  if (exitCode === undefined || end.timedOut || end.isMaxBuffer) {
    const message = describeCut(end, options);
    throw new DisintoError("process.failed", `${describe(argv)}: ${message}`);
  }
  return { exitCode, stdout: Buffer.from(end.stdout), stderr: decode(end.stderr) };
}

interface CutShort {
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
  readonly signal?: string | undefined;
  readonly originalMessage?: string | undefined;
}

function describeCut(
  { timedOut, isMaxBuffer, signal, originalMessage }: CutShort,
  { timeoutMs = 120_000, maxOutputBytes = 64_000_000 }: RunOptions,
): string {
  if (timedOut) return `took longer than ${timeoutMs} ms`;
  if (isMaxBuffer) return `wrote more than ${maxOutputBytes} bytes`;
  return signal === undefined ? `${originalMessage}` : "was ended by a signal";
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
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
  const [sender, ...sent] = from.argv;
  const [receiver, ...received] = into.argv;
  const { input: _, ...receiving } = toExecaOptions(into.options);
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

/** A program that a person uses on this terminal, such as an editor: it has the terminal and the whole environment. */
export async function runInteractive([program, ...words]: Argv): Promise<void> {
  const end = await execa(program, words, { stdio: "inherit", reject: false });
  if (end.exitCode === 0) return;
  if (end.exitCode !== undefined || end.signal !== undefined)
    throw new DisintoError("process.failed", `${program} ended with ${end.exitCode ?? end.signal}`);
  throw new DisintoError("process.failed", `${program} could not be started (${end.code})`, {
    hint: "set EDITOR to a program that is there, or give the text with --body or --file",
  });
}

export interface StartOptions {
  readonly cwd?: string;
  /** The whole environment of the child; nothing is inherited beside it. */
  readonly env: Readonly<Record<string, string>>;
  /** `detached`: the leader of a process group of its own, which outlives us. */
  readonly detached?: boolean;
}

/** A running child whose streams its owner reads and writes; awaited, it answers how it ended and never throws. */
export type Child = ResultPromise<typeof streaming>;

const streaming = {
  extendEnv: false,
  reject: false,
  buffer: false,
  encoding: "buffer",
  // Ending us ends no push that was begun.
  cleanup: false,
} as const satisfies Options;

/** Starts a program and leaves its time, its streams and its end to the caller. */
export function start([file, ...args]: Argv, options: StartOptions): Child {
  const child = execa(file, args, { ...options, ...streaming });
  return child as unknown as Child;
}

interface RecordedOptions extends StartOptions {
  readonly input: string;
  /** What is written beyond it ends the program. */
  readonly maxOutputBytes: number;
}

/** Starts a program whose two streams are kept as one text, `all`, in the order in which they were written. */
export function startRecorded([file, ...args]: Argv, options: RecordedOptions) {
  const { maxOutputBytes, ...rest } = options;
  return execa(file, args, {
    ...rest,
    extendEnv: false,
    reject: false,
    all: true,
    maxBuffer: maxOutputBytes,
  });
}

export type ServiceProcess = ReturnType<typeof startService>;

/** Starts a service that outlives us; both its streams go to the open file. */
export function startService(
  [file, ...args]: Argv,
  options: StartOptions & { readonly log: number },
) {
  const { log, ...rest } = options;
  // Any descriptor will do; the types know the first ones only.
  const stream = log as 3;
  return execa(file, args, {
    ...rest,
    extendEnv: false,
    reject: false,
    detached: true,
    stdin: "ignore",
    stdout: stream,
    stderr: stream,
  });
}
