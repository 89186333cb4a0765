/** Waiting for a condition while saying which; never a fixed grace period. */
import { DisintoError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";

export interface WaitTools {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** What the server at this address says it is; undefined while nothing answers like a Forgejo. */
  readonly forgeVersion: (url: string) => Promise<string | undefined>;
}

const INTERVAL_MS = 500;
const REMIND_EVERY_MS = 10_000;

/** Until the forge answers; forever, unless a limit is given. */
export async function waitForForge(
  tools: WaitTools,
  url: string,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const startMs = tools.clock.monotonicMs();
  let remindAtMs = startMs;
  while ((await tools.forgeVersion(url)) === undefined) {
    if (tools.signal.aborted)
      throw new DisintoError("interrupted", "interrupted while waiting for the forge");
    const nowMs = tools.clock.monotonicMs();
    if (nowMs - startMs > limitMs) {
      throw new DisintoError(
        "forge.unavailable",
        `no forge answered at ${url} within ${Math.round(limitMs / 1000)} s`,
        {
          hint: "look at its log, and check FORGE_URL and DISINTO_FORGE_PORT in .env",
        },
      );
    }
    if (nowMs >= remindAtMs) {
      tools.say(`waiting for the forge at ${url}`);
      remindAtMs = nowMs + REMIND_EVERY_MS;
    }
    await tools.clock.sleep(INTERVAL_MS, tools.signal);
  }
}
