/**
 * One child process to its end: bounded time and output, nothing inherited, and never answered before it
 * is gone. Bare Node: a library for this took longer to load than most commands take to run.
 */
import { spawn } from "node:child_process";

export interface ChildOptions {
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string | Uint8Array | undefined;
  readonly timeoutMs: number;
  /** The limit applies to standard output and standard error separately. */
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal | undefined;
}

export interface ChildEnd {
  /** Undefined when a signal ended it, or it never started. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it did not run to its own end. */
  readonly cut: { readonly by: "abort" | "limit" | "system"; readonly message: string } | undefined;
}

const forceAfterMs = 5_000;

export function runChild(
  file: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<ChildEnd> {
  const { cwd, env, input, timeoutMs, maxOutputBytes, signal } = options;
  return new Promise((resolve) => {
    let cut: ChildEnd["cut"];
    const child = spawn(file, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    let force: NodeJS.Timeout | undefined;
    const stop = (by: "abort" | "limit", message: string) => {
      cut ??= { by, message };
      child.kill("SIGTERM");
      force ??= setTimeout(() => child.kill("SIGKILL"), forceAfterMs);
    };
    const abort = () => stop("abort", "was interrupted");
    const late = setTimeout(() => stop("limit", `took longer than ${timeoutMs} ms`), timeoutMs);
    const tooMuch = () => stop("limit", `wrote more than ${maxOutputBytes} bytes`);
    const [stdout, stderr] = [new Sink(maxOutputBytes, tooMuch), new Sink(maxOutputBytes, tooMuch)];
    const end = (exitCode: number | undefined) => {
      clearTimeout(late);
      clearTimeout(force);
      signal?.removeEventListener("abort", abort);
      resolve({ exitCode, stdout: stdout.text(), stderr: stderr.text(), cut });
    };
    child.stdout.on("data", (chunk: Buffer) => stdout.add(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.add(chunk));
    // A command that ends without reading its input is no failure of ours.
    child.stdin.on("error", () => undefined).end(input);
    child.once("error", (error) => {
      cut ??= { by: "system", message: error.message };
      if (child.pid === undefined) end(undefined);
    });
    child.once("close", (code) => end(code ?? undefined));
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort);
  });
}

class Sink {
  readonly #chunks: Buffer[] = [];
  readonly #most: number;
  readonly #overflow: () => void;
  #bytes = 0;

  constructor(most: number, overflow: () => void) {
    this.#most = most;
    this.#overflow = overflow;
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#most) this.#overflow();
    else this.#chunks.push(chunk);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
