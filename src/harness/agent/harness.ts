/** Runs one coding agent, whichever it is, behind a gateway to its model; the end is classed by what both were seen to do. */
import path from "node:path";
import type { SessionUser } from "../../adapters/hands/session-user.ts";
import type { Harness, Session, SessionEnd } from "../../ports/harness.ts";
import { readContextWindow } from "../gateway/context-window.ts";
import { type GatewayStats, ModelGateway } from "../gateway/gateway.ts";
import { hideFiles, showFiles } from "../session/hidden-files.ts";
import { readMessageVerdict } from "../session/message-verdict.ts";
import type { Fault } from "../session/process-fault.ts";
import {
  closeSessionFolder,
  openSessionFolder,
  readResult,
  type SessionFolder,
} from "../session/session-place.ts";
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
  readonly user: SessionUser;
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
  const { stateFolder, pathVariable, transcripts, user } = options;
  const { folder, resume } = session;
  const place = await openSessionFolder({
    stateFolder,
    folder,
    pathVariable,
    keepHome: resume !== undefined,
    user,
  });
  const transcript = await Transcript.open(transcripts, path.basename(folder));
  const aside = `${folder}.aside`;
  const hiding = { folder, names: options.agent.hides, aside, user };
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
): Promise<SessionEnd & { readonly requests: number }> {
  const { agent, model: server } = options;
  const { home, marked, user } = place;
  const events = agent.readEvents();
  const output = new Tail();
  const watch: { stop?: Fault; wasWaiting?: boolean; process?: AgentProcess } = {};
  const { baseUrl, name } = server;
  const key = await server.readKey();
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
    const { argv, env } = await agent.prepare({ home, write: user.hands.write, model, session });
    watch.process = new AgentProcess({
      argv,
      cwd: session.folder,
      input: session.prompt,
      env: { ...session.environment, ...env, ...place.env },
      session: marked,
      user,
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
    const attempt = { end, seen: gateway.stats, events, output, wasWaiting, stop };
    return await tell(options, { session, place }, attempt);
  } finally {
    await gateway.close();
  }
}

/** Before a turn: what of the session's limits is used up. */
function findLimit(
  { turns, tokens, money }: Session,
  seen: GatewayStats,
  events: AgentEvents,
): Fault | undefined {
  if (turns !== undefined && seen.turns >= turns)
    return { fault: "turns", reason: `the session took all of its ${turns} turns` };
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

async function tell(
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
  const verdict = await readResult(place);
  if (verdict !== undefined || !mayAnswerByMessage) return { type: "finished", verdict, ...told };
  return { type: "finished", verdict: readMessageVerdict(events.lastMessage), ...told };
}
