import type { ReadCache } from "./ci.ts";

/** The program that does the coding. What counts is what it leaves in the folder, never what it says. */
export interface Harness {
  run(session: Session): Promise<SessionEnd>;
}

export interface Session {
  /** Working folder; the harness may do anything in it. */
  readonly folder: string;
  readonly prompt: string;
  /** What the harness is told beside the prompt; never a credential of the forge. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ended after this long without output. */
  readonly silenceMs: number;
  /** How long the first word of an answer may take, where the model's server cannot say that it reads; undefined: as silence. */
  readonly firstTokenMs?: number | undefined;
  /** Limits for harnesses that count them: turns of the model, tokens in and out, and US dollars. */
  readonly turns?: number | undefined;
  readonly tokens?: number | undefined;
  readonly money?: number | undefined;
  /** The agent's own session of an earlier attempt (`SessionEnd.session`), to be gone on with where it can be. */
  readonly resume?: string | undefined;
  /** What the session finds in CI_CACHE, its own to change; gone with it. */
  readonly cache?: ReadCache | undefined;
  readonly signal: AbortSignal;
  /** Called whenever the harness shows that it is at work. */
  readonly onOutput?: (() => void) | undefined;
  /** Counts what the session uses, and may refuse a turn. */
  readonly meter?: Meter | undefined;
  /** Awaited before each turn of the model. */
  readonly beforeTurn?: (() => Promise<void>) | undefined;
}

/** Told of each answer of the model, where the harness's model is asked through a gateway. */
export interface Meter {
  /** The session has its slot, and begins. */
  start(): void;
  note(usage: MeteredUsage): Promise<void>;
  /** Asked before each turn; a sentence refuses it, and the session ends with the fault `budget`. */
  refuse(): Promise<string | undefined>;
}

export type MeteredUsage = Pick<Usage, "inputTokens" | "outputTokens" | "money">;

/** What a session used, as far as the harness tells; zero where it does not. */
export interface Usage {
  readonly turns: number;
  readonly toolCalls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars. */
  readonly money: number;
  /** The server did not say what some answers took; their tokens are guessed from their length. */
  readonly isEstimated?: true;
}

/** The agent or the work it was given is at fault: it counts as an attempt at the issue. */
export type WorkFault =
  | "exit"
  | "wall-time"
  | "silence"
  | "output"
  | "turns"
  | "tokens"
  | "money"
  | "killed";

/**
 * The model's server or the installation is at fault, or looks so: no issue's budget is spent, and a bot that meets it
 * waits. `context`: more was asked than the model holds; `garbled`: an answer that is none; `window`: no session of this
 * agent fits the model; `budget`: nothing more may be spent. Where the server is well, what it answered is the fault of what it was asked (`of`).
 */
export type BackendFault =
  | "missing"
  | "refused-key"
  | "unreachable"
  | "overloaded"
  | "rate-limited"
  | "stalled"
  | "garbled"
  | "context"
  | "window"
  | "budget";

export type SessionFault = WorkFault | BackendFault;

interface Ended {
  /** The end of what the harness wrote, bounded. */
  readonly output: string;
  readonly usage: Usage;
  /** Names the agent's own session, where it can be gone on with. */
  readonly session?: string | undefined;
}

export type SessionEnd =
  /** `verdict` is the JSON that it left in the file named by DISINTO_RESULT, if any; not to be trusted. */
  | (Ended & { readonly type: "finished"; readonly verdict: unknown })
  | (Ended & {
      readonly type: "failed";
      readonly fault: SessionFault;
      readonly reason: string;
      /** `request`: the server was asked, and works; what this session asked of it does not. */
      readonly of?: "request";
    });

const backendFaults: ReadonlySet<SessionFault> = new Set<BackendFault>([
  "missing",
  "refused-key",
  "unreachable",
  "overloaded",
  "rate-limited",
  "stalled",
  "garbled",
  "context",
  "window",
  "budget",
]);

/** Faults of the bot's own installation: another bot on the same server may do well. */
const ownFaults: ReadonlySet<SessionFault> = new Set<BackendFault>([
  "missing",
  "refused-key",
  "window",
  "budget",
]);

export function isOwnFault(fault: SessionFault): boolean {
  return ownFaults.has(fault);
}

export function isBackendFault(fault: SessionFault): fault is BackendFault {
  return backendFaults.has(fault);
}

export const NO_USAGE: Usage = {
  turns: 0,
  toolCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  money: 0,
};
