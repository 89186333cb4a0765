/** What one coding agent is to the engine that runs it: how it is called, and how its stream of events is read. */
import type { Session } from "../../ports/harness.ts";
import type { ProcessFault } from "../session/process-fault.ts";

export interface CodingAgent {
  /** The name shown to people. */
  readonly name: string;
  /** Tokens: in a smaller window it ends no session, however little there is to do. */
  readonly smallestWindow: number;
  /** Paths in a repository that it would take for settings of its own, and cannot be told not to. */
  readonly hiddenFiles: readonly string[];
  /** Writes what configuration it needs into its home; answers how to start it. */
  prepare(launch: Launch): Promise<{
    readonly argv: readonly [string, ...string[]];
    readonly env: Readonly<Record<string, string>>;
  }>;
  readEvents(): AgentEvents;
}

export interface Launch {
  readonly home: string;
  /** Writes a file there. */
  readonly write: (file: string, text: string) => Promise<void>;
  /** Where the model is asked, and the session key that it accepts. */
  readonly model: {
    readonly url: string;
    readonly key: string;
    readonly name: string;
    /** Tokens; undefined where nobody says. */
    readonly contextWindow: number | undefined;
  };
  readonly session: Session;
}

/** One line after another of what it writes; lines that are no event are none of its business. */
export interface AgentEvents {
  take(line: string): void;
  readonly toolCalls: number;
  /** US dollars. */
  readonly money: number;
  /** The id of the agent's own session. */
  readonly session: string | undefined;
  readonly lastMessage: string;
  /** What the agent itself says went wrong. */
  readonly failure: ProcessFault | undefined;
}

export function parseEvent(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export function listOf(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}
