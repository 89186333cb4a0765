/** What happened, one JSON line each; names are documented in docs/events.md and stay. */
import type { SessionFault, Usage } from "./harness.ts";

export interface EventLog {
  append(event: BotEvent): void;
}

type Named<Type extends string, Fields = object> = { readonly type: Type } & Readonly<Fields>;

/** An issue of a project. */
interface OfIssue {
  readonly project: string;
  readonly issue: number;
}

/** What a session of the harness is for. */
interface OfSession {
  readonly project: string;
  readonly role: string;
  readonly issue?: number;
  readonly pull?: number;
}

interface BotStart {
  readonly roles: readonly string[];
  readonly projects: readonly string[];
  readonly harness?: string;
  /** Undefined where it asks none. */
  readonly model?: string | undefined;
  readonly backend?: string | undefined;
  readonly version?: string;
}

type LifeEvent =
  | Named<"bot.started", BotStart>
  | Named<"bot.stopped">
  | Named<"bot.paused", { person: string; reason?: string }>
  | Named<"bot.resumed">
  | Named<"failure", { code: string; message: string; retryInMs: number }>
  | Named<"failure.ended", { code: string }>
  | Named<"egress.refused", { project: string; issue?: number; pull?: number; host: string }>
  | Named<"disk.cleaned", { bytesBefore: number; bytes: number; limitBytes: number }>
  | Named<"cache.dropped", { project: string; limitBytes: number }>
  | Named<"breaker.opened", { breaker: string; reason: string }>
  | Named<"breaker.closed", { breaker: string }>;

type IssueEvent =
  | Named<"issue.claimed", OfIssue & { title: string }>
  | Named<"state.entered", OfIssue & { at: string; pull?: number; reason?: string; cause?: string }>
  | Named<"budget.charged", OfIssue & { cause: string; spent: number }>
  | Named<"issue.released", OfIssue>
  | Named<"queue.seen", { project: string; waiting: readonly { issue: number; because: string }[] }>
  | Named<"lease.taken-over", OfIssue & { from: string }>
  | Named<"lease.lost", OfIssue>
  | Named<"merge.refused", OfIssue & { pull: number; kind: string; reason: string }>
  | Named<"pull.merged", OfIssue & { pull: number; sha: string }>;

type SessionEvent =
  | Named<"session.started", OfSession>
  | Named<
      "session.ended",
      OfSession & { end: "finished" | "failed" | "interrupted"; fault?: SessionFault } & Usage & {
          seconds: number;
        }
    >
  | Named<
      "budget.reached",
      { budget: string; level: string; reason: string; project: string; issue?: number }
    >
  | Named<"budget.free", { budget: string }>
  | Named<"slot.waiting", { backend: string }>
  | Named<"slot.taken", { backend: string; slot: number; waitedMs: number }>
  | Named<"slot.released", { backend: string; slot: number }>;

type PullEvent =
  | Named<"pull.reviewed", { project: string; pull: number; sha: string; verdict: string }>
  | Named<"ci.finished", { project: string; sha: string; context: string; state: string }>
  | Named<"ci.retried", { project: string; sha: string; context: string }>
  | Named<
      "ci.silent",
      OfIssue & { pull: number; sha: string; context: string; reason: string; lacks?: "agent" }
    >;

export type BotEvent = LifeEvent | IssueEvent | SessionEvent | PullEvent;
