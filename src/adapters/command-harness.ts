/**
 * The harness `command`: any executable. Prompt on standard input, the work folder as its cwd, the result by exit
 * code and an optional JSON file. It sees an environment built here from nothing, and nothing it starts outlives it.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { DisintoError } from "../errors.ts";
import { type Harness, NO_USAGE, type Session, type SessionEnd } from "../ports/harness.ts";
import { SilenceWatch } from "./silence-watch.ts";

interface CommandHarnessOptions {
  readonly command: readonly string[];
  /** A folder of the runner's for the session's home, result file and mark. */
  readonly stateFolder: string;
  /** Passed on from our own environment; everything else is not. */
  readonly pathVariable: string | undefined;
}

const MAX_OUTPUT_BYTES = 10_000_000;
const GRACE_MS = 3_000;

/** Every process of a session carries this variable, so that strays are found even in groups of their own. */
const MARK = "DISINTO_SESSION";

export function buildCommandHarness(options: CommandHarnessOptions): Harness {
  const markFile = path.join(options.stateFolder, "session");
  return {
    run: async (session) => {
      await mkdir(options.stateFolder, { recursive: true });
      await endStrays(await readFile(markFile, "utf8").catch(() => ""));
      const mark = randomUUID();
      await writeFile(markFile, mark);
      try {
        return await runSession(options, session, mark);
      } finally {
        await endStrays(mark);
        await rm(markFile, { force: true });
      }
    },
  };
}

async function runSession(
  { command, stateFolder, pathVariable }: CommandHarnessOptions,
  session: Session,
  mark: string,
): Promise<SessionEnd> {
  const [file, ...rest] = command;
  if (!file) throw new DisintoError("config.invalid", "the harness `command` has an empty command");
  const resultFile = path.join(stateFolder, "result.json");
  const home = path.join(stateFolder, "home");
  await rm(resultFile, { force: true });
  await mkdir(home, { recursive: true });
  const { onOutput, silenceMs, timeoutMs } = session;
  const silence = new SilenceWatch(silenceMs);
  const timeout = AbortSignal.timeout(timeoutMs);
  const limit = AbortSignal.any([session.signal, timeout, silence.signal]);
  const child = execa(file, rest, {
    cwd: session.folder,
    input: session.prompt,
    detached: true,
    reject: false,
    extendEnv: false,
    all: true,
    maxBuffer: MAX_OUTPUT_BYTES,
    env: {
      ...session.environment,
      ...describeLimits(session),
      PATH: pathVariable ?? "/usr/local/bin:/usr/bin:/bin",
      HOME: home,
      LANG: "C.UTF-8",
      DISINTO_RESULT: resultFile,
      [MARK]: mark,
    },
  });
  const end = (): void => void endGroup(child.pid);
  limit.addEventListener("abort", end, { once: true });
  if (limit.aborted) end();
  child.all?.on("data", () => {
    silence.restart();
    onOutput?.();
  });
  const result = await child;
  silence.stop();
  limit.removeEventListener("abort", end);
  const output = String(result.all ?? "");
  const reason = describeEnd({
    file,
    exitCode: result.exitCode,
    cut: describeCut(limit, {
      [`wrote nothing for ${formatMinutes(silenceMs)}`]: silence.signal,
      [`was not done after ${formatMinutes(timeoutMs)}`]: timeout,
    }),
    problem: result.originalMessage,
    output,
  });
  const told = { output, usage: NO_USAGE };
  if (reason) {
    const cut = silence.signal.aborted ? "silence" : timeout.aborted ? "wall-time" : "exit";
    return { type: "failed", fault: cut, reason, ...told };
  }
  return { type: "finished", verdict: await readResult(resultFile), ...told };
}

/** Limits that only the harness itself can count. */
function describeLimits({ turns, money }: Session): Readonly<Record<string, string>> {
  return {
    ...(turns !== undefined && { DISINTO_MAX_TURNS: String(turns) }),
    ...(money !== undefined && { DISINTO_MAX_MONEY: String(money) }),
  };
}

function describeCut(
  limit: AbortSignal,
  causes: Readonly<Record<string, AbortSignal>>,
): string | undefined {
  if (!limit.aborted) return undefined;
  const [cause] = Object.entries(causes).find(([, { aborted }]) => aborted) ?? [];
  return cause ?? "was ended before it was done";
}

function formatMinutes(ms: number): string {
  return `${Number((ms / 60_000).toFixed(2))} minutes`;
}

interface CommandEnd {
  readonly file: string;
  readonly exitCode: number | undefined;
  /** Why we ended it. */
  readonly cut: string | undefined;
  readonly problem: string | undefined;
  readonly output: string;
}

/** Undefined when it ended well. */
function describeEnd({ file, exitCode, cut, problem, output }: CommandEnd): string | undefined {
  if (cut !== undefined) return `${file} ${cut}`;
  if (exitCode === 0) return undefined;
  const what = exitCode === undefined ? (problem ?? "was killed") : `ended with ${exitCode}`;
  return `${file} ${what}\n${output.trim().split("\n").slice(-20).join("\n")}`.trimEnd();
}

async function readResult(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}

async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  signal(-pid, "SIGTERM");
  setTimeout(() => signal(-pid, "SIGKILL"), GRACE_MS).unref();
}

/** Kills whatever still carries the mark; repeated, since a process may start another while it is being looked for. */
async function endStrays(mark: string): Promise<void> {
  if (mark === "") return;
  for (let round = 0; round < 10; round++) {
    const strays = await findMarked(mark);
    if (strays.length === 0) return;
    for (const pid of strays) signal(pid, "SIGKILL");
  }
}

async function findMarked(mark: string): Promise<readonly number[]> {
  const entries = await readdir("/proc").catch(() => []);
  const found: number[] = [];
  for (const entry of entries.filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${entry}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(`${MARK}=${mark}`)) found.push(Number(entry));
  }
  return found;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
