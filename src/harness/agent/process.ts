/**
 * One session's process from start to the end of everything it started: a group of its own, bounded in time, silence and
 * output, ended by TERM and then by KILL, with an environment built from nothing. What it means is others' to say.
 */
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { type Argv, type Child, run as runCommand, start } from "../../adapters/process.ts";
import { commandAs } from "../../adapters/session-user/other-user.ts";
import type { SessionUser } from "../../adapters/session-user/session-user.ts";
import { Countdown } from "../session/countdown.ts";
import {
  endSession,
  MARK,
  type LeftoverSession as MarkedSession,
  signal,
} from "../session/leftover-processes.ts";
import { LineReader } from "../session/line-reader.ts";

export interface ProcessOptions {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly input: string;
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly session: MarkedSession;
  /** As whom it runs. */
  readonly user: SessionUser;
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string, from: "stdout" | "stderr") => void;
  readonly onActivity: () => void;
  /** Called once, before it is ended. */
  readonly onCut?: (cut: EndedBy) => void;
}

export type EndedBy = "wall-time" | "silence" | "output" | "stopped" | "killed";

export interface ProcessEnd {
  /** Undefined when a signal ended it, or it never started. */
  readonly exitCode: number | undefined;
  readonly signalName: string | undefined;
  /** Why we ended it. */
  readonly cut: EndedBy | undefined;
  /** Why it could not be started; `missing`: there is no such program. */
  readonly unstarted: { readonly missing: boolean; readonly message: string } | undefined;
}

const GRACE_MS = 3_000;

const never = { exitCode: undefined, signalName: undefined };

/** What the system says of a program that is not there, it says of the one that becomes the other user. */
function findMissing(file: string, pathVariable = ""): ProcessEnd["unstarted"] {
  const places = file.includes("/")
    ? [file]
    : pathVariable.split(":").map((one) => path.join(one, file));
  const isThere = places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return isThere ? undefined : { missing: true, message: `spawn ${file} ENOENT` };
}

export class AgentProcess {
  readonly #options: ProcessOptions;
  readonly #silence: Countdown;
  readonly #time: Countdown;
  #child: Child | undefined;
  #bytes = 0;
  #cut: EndedBy | undefined;
  #hasExited = false;
  #force: NodeJS.Timeout | undefined;
  /** None may outlast this, or it would end what comes after. */
  readonly #ends: Promise<void>[] = [];

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.#silence = new Countdown(options.silenceMs);
    this.#time = new Countdown(options.timeoutMs);
  }

  /** Something of it, or of the model behind it, was heard. */
  noteActivity(): void {
    this.#silence.restart();
    this.#options.onActivity();
  }

  /** It waits for its turn at the model's server: neither its silence nor its time goes on until it is answered. */
  async standStill<Result>(until: () => Promise<Result>): Promise<Result> {
    const clocks = [this.#silence, this.#time];
    for (const clock of clocks) clock.hold();
    try {
      return await until();
    } finally {
      for (const clock of clocks) clock.resume();
    }
  }

  /** Ends it; the first cause counts. */
  stop(cut: EndedBy): void {
    if (this.#cut === undefined) this.#options.onCut?.(cut);
    this.#cut ??= cut;
    const pid = this.#child?.pid;
    if (pid === undefined || this.#force) return;
    this.#signalGroup(pid, "SIGTERM");
    this.#force = setTimeout(() => this.#signalGroup(pid, "SIGKILL"), GRACE_MS);
  }

  /** Another user's processes are that user's to signal. */
  #signalGroup(pid: number, name: "SIGTERM" | "SIGKILL"): void {
    const { uid, endAll } = this.#options.user;
    if (uid === undefined) {
      signal(-pid, name);
      return;
    }
    if (name === "SIGKILL") {
      this.#ends.push(endAll());
      return;
    }
    const kill = commandAs(uid, ["sh", "-c", 'kill -TERM -- "-$1"', "sh", String(pid)]);
    void runCommand(kill, { env: { PATH: "/usr/bin:/bin" } }).catch(() => undefined);
  }

  async run(): Promise<ProcessEnd> {
    const { signal: interrupted, session, user } = this.#options;
    this.#time.signal.addEventListener("abort", () => this.stop("wall-time"), { once: true });
    const kill = () => this.stop("killed");
    interrupted.addEventListener("abort", kill, { once: true });
    this.#silence.signal.addEventListener("abort", () => this.stop("silence"), { once: true });
    try {
      return await this.#spawn();
    } finally {
      clearTimeout(this.#force);
      this.#silence.stop();
      this.#time.stop();
      interrupted.removeEventListener("abort", kill);
      await Promise.all(this.#ends);
      // Nothing of another user's is left once all of it was ended; marked processes may have started one more meanwhile.
      if (user.uid === undefined || !this.#hasExited) await endSession(session, user);
    }
  }

  async #spawn(): Promise<ProcessEnd> {
    const { argv, cwd, env, input, session, user, signal: interrupted } = this.#options;
    const missing = user.uid === undefined ? undefined : findMissing(argv[0], env.PATH);
    if (missing) return { ...never, cut: this.#cut, unstarted: missing };
    const command: Argv = user.uid === undefined ? argv : commandAs(user.uid, argv, cwd);
    const child = start(command, {
      ...(user.uid === undefined && { cwd }),
      env: { ...env, [MARK]: session.mark },
      detached: true,
    });
    this.#child = child;
    const outputs = [this.#read(child, "stdout"), this.#read(child, "stderr")];
    // A program that ends without reading its input is no failure of ours.
    child.stdin.on("error", () => undefined).end(input);
    // What it left behind may hold its output open, and is ended before that is waited for.
    child.once("exit", () => {
      this.#hasExited = true;
      this.#ends.push(endSession(session, user));
    });
    if (interrupted.aborted) this.stop("killed");
    const { exitCode, signal: signalName, code, originalMessage = "" } = await child;
    for (const output of outputs) output.end();
    if (child.pid === undefined) {
      const unstarted = {
        missing: code === "ENOENT" || code === "EACCES",
        message: originalMessage,
      };
      return { ...never, cut: this.#cut, unstarted };
    }
    return { exitCode, signalName, cut: this.#cut, unstarted: undefined };
  }

  #read(child: Child, from: "stdout" | "stderr"): LineReader {
    const lines = new LineReader((line) => this.#options.onLine(line, from));
    child[from].on("data", (chunk: Buffer) => {
      if (this.#cut === "output") return;
      this.#bytes += chunk.length;
      if (this.#bytes > this.#options.maxOutputBytes) return this.stop("output");
      this.noteActivity();
      lines.add(chunk);
    });
    return lines;
  }
}
