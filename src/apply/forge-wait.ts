/** Waiting for a condition while saying which; never a fixed grace period. */
import { describeTooOld } from "../core/forge-version.ts";
import { DisintoError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ForgeProbe, Proof } from "../ports/forge-admin.ts";

export interface WaitTools {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly probeForge: (url: string, proof?: Proof) => Promise<ForgeProbe>;
}

const INTERVAL_MS = 500;
const REMIND_EVERY_MS = 10_000;

interface WaitOptions {
  /** Default: for ever, as a bot waits. */
  readonly limitMs?: number;
  /** How the forge's own service is, in the engine's words; shown while waiting. */
  readonly describe?: () => Promise<string | undefined>;
  /** It runs elsewhere, so that what will not pass by itself is said at once. */
  readonly isElsewhere?: boolean;
  /** For a forge that answers nobody who is not signed in. */
  readonly proof?: Proof | undefined;
}

/** Waits until the forge answers. One that is too old is refused at once. */
export async function waitForForge(
  tools: WaitTools,
  url: string,
  patience: WaitOptions = {},
): Promise<void> {
  const { describe, proof } = patience;
  const startMs = tools.clock.monotonicMs();
  let remindAtMs = startMs;
  for (;;) {
    const probe = await tools.probeForge(url, proof);
    if (probe.version !== undefined) return requireVersion(url, probe.version);
    // It answers, and does not accept who asks: whoever signs in next says so, by name.
    if (proof && probe.failure.code === "forge.unauthorized") return;
    const nowMs = tools.clock.monotonicMs();
    await requirePatience(tools, { ...patience, probe, waitedMs: nowMs - startMs });
    if (nowMs >= remindAtMs) {
      const state = await describe?.();
      tools.say(`waiting for the forge at ${url}${state ? ` (${state})` : ""}`);
      remindAtMs = nowMs + REMIND_EVERY_MS;
    }
    await tools.clock.sleep(INTERVAL_MS, tools.signal);
  }
}

interface Attempt extends WaitOptions {
  readonly probe: Extract<ForgeProbe, { version: undefined }>;
  readonly waitedMs: number;
}

async function requirePatience({ signal }: WaitTools, attempt: Attempt): Promise<void> {
  const { probe, waitedMs, isElsewhere, describe } = attempt;
  const { limitMs = Number.POSITIVE_INFINITY } = attempt;
  if (signal.aborted)
    throw new DisintoError("interrupted", "interrupted while waiting for the forge");
  if (isElsewhere && probe.isLasting) throw probe.failure;
  if (waitedMs > limitMs) throw toTimeoutError(limitMs, probe.failure, await describe?.());
}

function toTimeoutError(
  limitMs: number,
  last: DisintoError,
  state: string | undefined,
): DisintoError {
  const seconds = Math.round(limitMs / 1000);
  const message = `${last.message}; waited ${seconds} s${state ? `; ${state}` : ""}`;
  return new DisintoError("forge.unavailable", message, {
    hint: `look at \`disinto logs forgejo\`; ${last.hint ?? "check FORGE_URL and DISINTO_FORGE_PORT in .env"}`,
    cause: last,
  });
}

function requireVersion(url: string, version: string): void {
  const message = describeTooOld(url, version);
  if (message)
    throw new DisintoError("forge.too-old", message, { hint: "upgrade Forgejo; its data stays" });
}
