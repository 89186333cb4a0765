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

/** The oldest Forgejo whose API and rules disinto knows. Gitea's numbers are lower, and so is what it can do. */
const OLDEST_VERSION = 11;

/** Until the forge answers. One that is too old is refused at once. */
export async function waitForForge(
  tools: WaitTools,
  url: string,
  patience: Patience = {},
): Promise<void> {
  const { limitMs = Number.POSITIVE_INFINITY, describe } = patience;
  const startMs = tools.clock.monotonicMs();
  let remindAtMs = startMs;
  for (;;) {
    const version = await tools.forgeVersion(url);
    if (version !== undefined) return requireVersion(url, version);
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

function requireVersion(url: string, version: string): void {
  const major = Number(/^\d+/.exec(version)?.[0]);
  if (major >= OLDEST_VERSION) return;
  throw new DisintoError(
    "forge.too-old",
    `the forge at ${url} has the version ${version}; disinto needs Forgejo ${OLDEST_VERSION} or newer`,
    { hint: "upgrade Forgejo; its data stays" },
  );
}
