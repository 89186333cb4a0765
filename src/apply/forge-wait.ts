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

interface Patience {
  /** Default: for ever, as a bot waits. */
  readonly limitMs?: number;
  /** How the forge's own service is, in the engine's words; shown while waiting. */
  readonly describe?: () => Promise<string | undefined>;
}

export async function waitForForge(
  tools: WaitTools,
  url: string,
  patience: Patience = {},
): Promise<void> {
  const { limitMs = Number.POSITIVE_INFINITY, describe } = patience;
  const startMs = tools.clock.monotonicMs();
  let remindAtMs = startMs;
  while ((await tools.forgeVersion(url)) === undefined) {
    if (tools.signal.aborted) {
      throw new DisintoError("interrupted", "interrupted while waiting for the forge");
    }
    const nowMs = tools.clock.monotonicMs();
    if (nowMs - startMs > limitMs) throw gaveUp(url, limitMs, await describe?.());
    if (nowMs >= remindAtMs) {
      const state = await describe?.();
      tools.say(`waiting for the forge at ${url}${state ? ` (${state})` : ""}`);
      remindAtMs = nowMs + REMIND_EVERY_MS;
    }
    await tools.clock.sleep(INTERVAL_MS, tools.signal);
  }
}

function gaveUp(url: string, limitMs: number, state: string | undefined): DisintoError {
  const seconds = Math.round(limitMs / 1000);
  const message = `no forge answered at ${url} within ${seconds} s${state ? `; ${state}` : ""}`;
  return new DisintoError("forge.unavailable", message, {
    hint: "look at `disinto logs forgejo`, and check FORGE_URL and DISINTO_FORGE_PORT in .env",
  });
}
