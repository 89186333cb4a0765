/** Runs one coding agent, whichever it is, behind a gateway to its model; the end is classed by what both were seen to do. */
import path from "node:path";
import type { SessionUser } from "../../adapters/session-user/session-user.ts";
import { type Harness, NO_USAGE, type Session, type SessionEnd } from "../../ports/harness.ts";
import { type ModelAccess, ModelSession } from "../gateway/model-session.ts";
import { hideFiles, showFiles } from "../session/hidden-files.ts";
import { readMessageVerdict } from "../session/message-verdict.ts";
import type { ProcessFault } from "../session/process-fault.ts";
import {
  closeSessionFolder,
  openSessionFolder,
  readResult,
  type SessionFolder,
} from "../session/session-folder.ts";
import { Tail } from "../session/tail.ts";
import { Transcript, type TranscriptOptions } from "../session/transcript.ts";
import type { CodingAgent } from "./agent.ts";
import { type Attempt, judgeEnd } from "./end.ts";
import { AgentProcess } from "./process.ts";

export interface AgentHarnessOptions {
  readonly agent: CodingAgent;
  readonly model: ModelAccess;
  readonly stateFolder: string;
  readonly pathVariable: string | undefined;
  readonly user: SessionUser;
  readonly transcripts: TranscriptOptions;
  /** A reviewer's verdict may also be the last thing that it says. */
  readonly mayAnswerByMessage: boolean;
}

type Ended = SessionEnd & { readonly requests: number };

/** Nothing of it is held in memory; it bounds what a mad agent costs the machine. */
const MAX_OUTPUT_BYTES = 500_000_000;

export function buildAgentHarness(options: AgentHarnessOptions): Harness {
  return {
    run: async (session) => {
      const end = await runOnce(options, session);
      // Where the agent's own session is gone, it ends before it asks the model anything.
      const isLost = end.type === "failed" && end.fault === "exit" && end.requests === 0;
      const { requests: _, ...ended } =
        isLost && session.resume !== undefined && !session.signal.aborted
          ? await runOnce(options, { ...session, resume: undefined })
          : end;
      return ended;
    },
  };
}

async function runOnce(options: AgentHarnessOptions, session: Session): Promise<Ended> {
  const { stateFolder, pathVariable, transcripts, user } = options;
  const { folder, resume, cache } = session;
  const place = await openSessionFolder({
    stateFolder,
    folder,
    pathVariable,
    keepHome: resume !== undefined,
    user,
    cache,
  });
  const transcript = await Transcript.open(transcripts, path.basename(folder));
  const hiding = { folder, names: options.agent.hiddenFiles, aside: `${folder}.aside`, user };
  await hideFiles(hiding);
  try {
    return await runAgent(options, session, { place, transcript });
  } finally {
    await closeSessionFolder(stateFolder, place);
    await showFiles(hiding);
    await transcript.close();
  }
}

async function runAgent(
  options: AgentHarnessOptions,
  session: Session,
  { place, transcript }: { place: SessionFolder; transcript: Transcript },
): Promise<Ended> {
  const { agent } = options;
  const events = agent.readEvents();
  const output = new Tail();
  const { redact } = options.transcripts;
  const model = await ModelSession.open(options.model, { session, redact, spent: events });
  try {
    const unfit = refuseWindow(agent, model.window);
    if (unfit) return { type: "failed", ...unfit, output: "", usage: NO_USAGE, requests: 0 };
    const { argv, env } = await agent.prepare({
      home: place.home,
      write: place.user.userFiles.write,
      model: model.ended,
      session,
    });
    const process = new AgentProcess({
      argv,
      cwd: session.folder,
      input: session.prompt,
      env: { ...session.environment, ...env, ...place.env },
      session: place.marked,
      user: place.user,
      timeoutMs: session.timeoutMs,
      silenceMs: session.silenceMs,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      signal: session.signal,
      onLine: (line, from) => {
        if (from === "stdout") events.take(line);
        output.add(line);
        transcript.write(line);
      },
      onActivity: () => session.onOutput?.(),
      onCut: () => model.noteCut(),
    });
    model.attach(process);
    const end = await process.run();
    return await writePrompt(options, { session, place }, { end, ...model.seen, events, output });
  } finally {
    await model.close();
  }
}

/** Before anything is asked: in a window that small the agent refuses each prompt, or never comes to an end. */
function refuseWindow(
  { name, smallestWindow }: CodingAgent,
  window: number | undefined,
): ProcessFault | undefined {
  if (window === undefined || window >= smallestWindow) return undefined;
  const reason = `${name} needs a window of ${smallestWindow} tokens for each session, and the model's server gives ${window}`;
  return { fault: "window", reason };
}

async function writePrompt(
  { agent, mayAnswerByMessage }: AgentHarnessOptions,
  { session, place }: { session: Session; place: SessionFolder },
  attempt: Attempt,
): Promise<Ended> {
  const { seen, events, output } = attempt;
  const fault = judgeEnd(agent.name, session, attempt);
  const ended = {
    output: events.lastMessage || output.text,
    usage: {
      turns: seen.turns,
      inputTokens: seen.inputTokens,
      outputTokens: seen.outputTokens,
      toolCalls: events.toolCalls,
      money: events.money,
      ...(seen.isEstimated && { isEstimated: true as const }),
    },
    session: events.session,
    requests: seen.requests,
  };
  if (fault) return { type: "failed", ...fault, ...ended };
  const verdict = await readResult(place);
  if (verdict !== undefined || !mayAnswerByMessage) return { type: "finished", verdict, ...ended };
  return { type: "finished", verdict: readMessageVerdict(events.lastMessage), ...ended };
}
