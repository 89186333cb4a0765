/** A harness whose sessions are told as events: who asks for a session need not remember to say so. */
import type { Clock } from "../../ports/clock.ts";
import type { BotEvent, EventLog } from "../../ports/event-log.ts";
import { type Harness, NO_USAGE, type Session, type SessionEnd } from "../../ports/harness.ts";

interface Observation {
  readonly role: string;
  readonly events: EventLog;
  readonly clock: Clock;
  /** Hosts that were refused since then. */
  readonly refusedHosts?: (since: Date) => Promise<readonly string[]>;
}

/** What a session is for, as its events say it. */
interface SessionSubject {
  readonly project: string;
  readonly issue?: number;
  readonly pull?: number;
}

export interface ObservedHarness {
  run(session: Session & { readonly about: SessionSubject }): Promise<SessionEnd>;
}

export function observeHarness(
  harness: Harness,
  { role, events, clock, refusedHosts }: Observation,
): ObservedHarness {
  return {
    run: async ({ about: subject, ...session }) => {
      const about = { role, ...subject };
      events.append({ type: "session.started", ...about });
      session.meter?.start();
      const startMs = clock.monotonicMs();
      const startedAt = clock.now();
      const record = (end: SessionEnd | undefined): void => {
        const seconds = Math.round(clock.monotonicMs() - startMs) / 1000;
        events.append({
          type: "session.ended",
          ...about,
          ...describeEnd(end, session),
          seconds,
        });
      };
      try {
        const end = await harness.run(session);
        const refused = (await refusedHosts?.(startedAt)) ?? [];
        for (const host of refused) events.append({ type: "egress.refused", ...subject, host });
        record(end);
        return refused.length > 0 ? addRefusals(end, refused) : end;
      } catch (error) {
        record(undefined);
        throw error;
      }
    },
  };
}

/** What it could not reach may be why it failed. */
function addRefusals(end: SessionEnd, hosts: readonly string[]): SessionEnd {
  if (end.type !== "failed") return end;
  const list = JSON.stringify(hosts);
  const reason = `${end.reason}\nit was refused what the project's file does not name: [network] allow = ${list}`;
  return { ...end, reason };
}

type FinishedSession = Extract<BotEvent, { type: "session.ended" }>;

function describeEnd(
  end: SessionEnd | undefined,
  { signal }: Session,
): Omit<FinishedSession, "type" | "seconds" | "role" | "project"> {
  const usage = end?.usage ?? NO_USAGE;
  if (!end || signal.aborted) return { end: "interrupted", ...usage };
  return end.type === "finished"
    ? { end: "finished", ...usage }
    : { end: "failed", fault: end.fault, ...usage };
}
