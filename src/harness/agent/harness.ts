/** Runs one coding agent, whichever it is, behind a gateway to its model; the end is classed by what both were seen to do. */
import path from "node:path";
import type { Harness, Session, SessionEnd } from "../../ports/harness.ts";
import { readContextWindow } from "../gateway/context-window.ts";
import { type GatewayStats, ModelGateway } from "../gateway/gateway.ts";
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
import type { AgentEvents, CodingAgent } from "./agent.ts";
import { type Attempt, judgeEnd } from "./end.ts";
import { AgentProcess, type Cut } from "./process.ts";

export interface AgentHarnessOptions {
  readonly agent: CodingAgent;
  readonly model: {
    readonly baseUrl: string;
    readonly name: string;
    /** Asked before each session; it may have been renewed. */
    readonly readKey: () => Promise<string | undefined>;
  };
  readonly stateFolder: string;
  readonly pathVariable: string | undefined;
  readonly transcripts: TranscriptOptions;
  /** A reviewer's verdict may also be the last thing that it says. */
  readonly mayAnswerByMessage: boolean;
}

/** Nothing of it is held in memory; it bounds what a mad agent costs the machine. */
const MAX_OUTPUT_BYTES = 500_000_000;

export function buildAgentHarness(options: AgentHarnessOptions): Harness {
  return {
    run: async (session) => {
      const end = await runOnce(options, session);
      // Where the agent's own session is gone, it ends before it asks the model anything.
      const isLost = end.type === "failed" && end.fault === "exit" && end.requests === 0;
      const { requests: _, ...told } =
        isLost && session.resume !== undefined && !session.signal.aborted
          ? await runOnce(options, { ...session, resume: undefined })
          : end;
      return told;
    },
  };
}

async function runOnce(
  options: AgentHarnessOptions,
  session: Session,
): Promise<SessionEnd & { readonly requests: number }> {
  const { stateFolder, pathVariable, transcripts } = options;
  const { folder, resume } = session;
  const place = await openSessionFolder({
    stateFolder,
    folder,
    pathVariable,
    keepHome: resume !== undefined,
  });
  const transcript = await Transcript.open(transcripts, path.basename(folder));
  const { hiddenFiles } = options.agent;
  const aside = path.join(stateFolder, "aside");
  await hideFiles(folder, hiddenFiles, aside);
  try {
    return await runAgent(options, session, { place, transcript });
  } finally {
    await closeSessionFolder(stateFolder, place);
    await showFiles(folder, hiddenFiles, aside);
    await transcript.close();
  }
}

async function runAgent(
  options: AgentHarnessOptions,
  session: Session,
  { place, transcript }: { place: SessionFolder; transcript: Transcript },
): Promise<SessionEnd & { readonly requests: number }> {
  const { agent } = options;
  const events = agent.readEvents();
  const output = new Tail();
  const watch: { stop?: ProcessFault; wasWaiting?: boolean; process?: AgentProcess } = {};
  const { baseUrl, name, readKey } = options.model;
  const key = await readKey();
  const gateway = await ModelGateway.open({
    baseUrl,
    key,
    redact: options.transcripts.redact,
    admit: () => {
      const limit = findLimit(session, gateway.stats, events);
      if (!limit) return undefined;
      watch.stop ??= limit;
      watch.process?.stop("stopped");
      return limit.reason;
    },
    onActivity: () => watch.process?.noteActivity(),
    onFaults: () => watch.process?.stop("stopped"),
  });
  try {
    const model = {
      url: gateway.url,
      word: gateway.sessionKey,
      name,
      contextWindow: await readContextWindow({ baseUrl, key }),
    };
    const { argv, env } = await agent.prepare({ home: place.home, model, session });
    watch.process = new AgentProcess({
      argv,
      cwd: session.folder,
      input: session.prompt,
      env: { ...session.environment, ...env, ...place.env },
      session: place.marked,
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
      onCut: (_cut: Cut) => {
        watch.wasWaiting = gateway.stats.isWaiting;
      },
    });
    const end = await watch.process.run();
    const { wasWaiting = false, stop } = watch;
    return await writePrompt(
      options,
      { session, place },
      { end, seen: gateway.stats, events, output, wasWaiting, stop },
    );
  } finally {
    await gateway.close();
  }
}

/** Before a turn: what of the session's limits is used up. */
function findLimit(
  { turns, tokens, money }: Session,
  seen: GatewayStats,
  events: AgentEvents,
): ProcessFault | undefined {
  if (turns !== undefined && seen.turns >= turns)
    return { fault: "turns", reason: `the session reached its limit of ${turns} turns` };
  const used = seen.inputTokens + seen.outputTokens;
  if (tokens !== undefined && used >= tokens)
    return { fault: "tokens", reason: `the session used ${used} of its ${tokens} tokens` };
  if (money !== undefined && events.money >= money)
    return {
      fault: "money",
      reason: `the session cost ${events.money} of its ${money} US dollars`,
    };
  return undefined;
}

async function writePrompt(
  { agent, mayAnswerByMessage }: AgentHarnessOptions,
  { session, place }: { session: Session; place: SessionFolder },
  attempt: Attempt,
): Promise<SessionEnd & { readonly requests: number }> {
  const { seen, events, output } = attempt;
  const fault = judgeEnd(agent.name, session, attempt);
  const told = {
    output: events.lastMessage || output.text,
    usage: {
      turns: seen.turns,
      inputTokens: seen.inputTokens,
      outputTokens: seen.outputTokens,
      toolCalls: events.toolCalls,
      money: events.money,
    },
    session: events.session,
    requests: seen.requests,
  };
  if (fault) return { type: "failed", ...fault, ...told };
  const verdict = await readResult(place.resultFile);
  if (verdict !== undefined || !mayAnswerByMessage) return { type: "finished", verdict, ...told };
  return { type: "finished", verdict: readMessageVerdict(events.lastMessage), ...told };
}
