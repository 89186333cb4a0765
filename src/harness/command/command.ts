/**
 * The harness `command`: any executable. Prompt on standard input, the work folder as its cwd, the result by exit
 * code and an optional JSON file (docs/harnesses.md).
 */
import { existsSync } from "node:fs";
import path from "node:path";
import type { SessionUser } from "../../adapters/session-user/session-user.ts";
import { deriveOutputLimit } from "../../core/model-window.ts";
import { DisintoError } from "../../errors.ts";
import {
  type Harness,
  NO_USAGE,
  type Session,
  type SessionEnd,
  type SessionFault,
  type Usage,
} from "../../ports/harness.ts";
import { AgentProcess, type ProcessEnd } from "../agent/process.ts";
import { type ModelAccess, ModelSession } from "../gateway/model-session.ts";
import {
  classifyEnd,
  describeExit,
  formatMinutes,
  type ProcessFault,
} from "../session/process-fault.ts";
import {
  closeSessionFolder,
  openSessionFolder,
  readResult,
  type SessionFolder,
} from "../session/session-folder.ts";
import { Tail } from "../session/tail.ts";
import { Transcript, type TranscriptOptions } from "../session/transcript.ts";

export interface CommandHarnessOptions {
  readonly command: readonly string[];
  /** A folder of the runner's for the sessions' homes, result file and mark. */
  readonly stateFolder: string;
  /** Passed on from our own environment; everything else is not. */
  readonly pathVariable: string | undefined;
  readonly user: SessionUser;
  readonly transcripts: TranscriptOptions;
  /** Undefined where none is configured: the command knows its own, if any. */
  readonly model?: ModelAccess | undefined;
}

const MAX_OUTPUT_BYTES = 10_000_000;

export function buildCommandHarness(options: CommandHarnessOptions): Harness {
  const { command, stateFolder, pathVariable, user } = options;
  const [file, ...args] = command;
  if (!file) throw new DisintoError("config.invalid", "the harness `command` has an empty command");
  return {
    run: async (session) => {
      const { folder } = session;
      const place = await openSessionFolder({
        stateFolder,
        folder,
        pathVariable,
        keepHome: true,
        user,
        cache: session.cache,
      });
      try {
        return await runSession([file, ...args], session, { options, place });
      } finally {
        await closeSessionFolder(stateFolder, place);
      }
    },
  };
}

async function runSession(
  argv: readonly [string, ...string[]],
  session: Session,
  { options, place }: { options: CommandHarnessOptions; place: SessionFolder },
): Promise<SessionEnd> {
  const { transcripts } = options;
  const { redact } = transcripts;
  const model =
    options.model && (await ModelSession.open(options.model, { session, redact, spent: unpriced }));
  const transcript = await Transcript.open(transcripts, path.basename(session.folder));
  try {
    return await runProcess(argv, session, { place, model, transcript });
  } finally {
    await transcript.close();
    await model?.close();
  }
}

/** What a command spends, disinto does not know. */
const unpriced = { money: 0 };

interface Opened {
  readonly place: SessionFolder;
  readonly model: ModelSession | undefined;
  readonly transcript: Transcript;
}

async function runProcess(
  argv: readonly [string, ...string[]],
  session: Session,
  { place, model, transcript }: Opened,
): Promise<SessionEnd> {
  const output = new Tail();
  const process = new AgentProcess({
    argv,
    cwd: session.folder,
    input: session.prompt,
    env: {
      ...session.environment,
      ...describeLimits(session),
      ...(model && describeModel(model)),
      ...place.env,
    },
    session: place.marked,
    user: place.user,
    timeoutMs: session.timeoutMs,
    silenceMs: session.silenceMs,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    signal: session.signal,
    onLine: (line) => {
      output.add(line);
      transcript.write(line);
    },
    onActivity: () => session.onOutput?.(),
    onCut: () => model?.noteCut(),
  });
  model?.attach(process);
  const end = await process.run();
  const ended = { output: output.text, usage: countUsage(model) };
  const fault = findModelFault(end, model, session) ?? classify(end, argv[0], { session, output });
  if (fault) return { type: "failed", ...fault, ...ended };
  return { type: "finished", verdict: await readResult(place), ...ended };
}

/** Both kinds of client find it under the names that they know; a key it is not, but a word for this session alone. */
function describeModel({ ended }: ModelSession): Readonly<Record<string, string>> {
  const { url, key, name, contextWindow } = ended;
  return {
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: key,
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: key,
    DISINTO_MODEL: name,
    ...(contextWindow !== undefined && {
      DISINTO_CONTEXT: String(contextWindow),
      DISINTO_OUTPUT_LIMIT: String(deriveOutputLimit(contextWindow, contextWindow)),
    }),
  };
}

function countUsage(model: ModelSession | undefined): Usage {
  if (!model) return NO_USAGE;
  const { turns, inputTokens, outputTokens, isEstimated } = model.seen.seen;
  return { ...NO_USAGE, turns, inputTokens, outputTokens, ...(isEstimated && { isEstimated }) };
}

/** A command that failed over its model's server, or came to a limit at it, did not fail by itself. */
function findModelFault(
  end: ProcessEnd,
  model: ModelSession | undefined,
  { silenceMs }: Session,
): ProcessFault | undefined {
  if (!model) return undefined;
  const { seen, stop, wasWaiting } = model.seen;
  if (stop) return stop;
  if (end.cut === "silence" && wasWaiting)
    return {
      fault: "stalled",
      reason: `the model's server said nothing for ${formatMinutes(silenceMs)}`,
    };
  const hasFailed = end.cut === "stopped" || (end.cut === undefined && end.exitCode !== 0);
  return hasFailed ? seen.fault : undefined;
}

/** Limits that only the harness itself can count. */
function describeLimits({ turns, tokens, money }: Session): Readonly<Record<string, string>> {
  return {
    ...(turns !== undefined && { DISINTO_MAX_TURNS: String(turns) }),
    ...(tokens !== undefined && { DISINTO_MAX_TOKENS: String(tokens) }),
    ...(money !== undefined && { DISINTO_MAX_MONEY: String(money) }),
  };
}

/** Codes by which a command says that not the work is at fault: those of sysexits.h, and a shell's for no such program. */
const faultsByExitCode: Readonly<Record<number, SessionFault>> = {
  69: "unreachable",
  75: "overloaded",
  77: "refused-key",
  126: "missing",
  127: "missing",
};

function classify(
  end: ProcessEnd,
  file: string,
  { session, output }: { session: Session; output: Tail },
): ProcessFault | undefined {
  const cut = classifyEnd(end, file, session);
  if (cut) return cut;
  if (end.exitCode !== 0) {
    const fault = faultsByExitCode[end.exitCode ?? 0] ?? "exit";
    const reason = `${file} ${describeExit(end)}\n${output.lastLines(20)}`.trimEnd();
    return { fault, reason };
  }
  if (existsSync(session.folder)) return undefined;
  return { fault: "exit", reason: `${file} deleted its work folder` };
}
