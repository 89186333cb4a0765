/** The server behind a bot's sessions: how many it takes, how much each holds, and whether it works. */
import { type Capacity, planCapacity } from "../../core/model-window.ts";
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ModelServer, ServerFacts } from "../../ports/model-server.ts";
import { type ProofOptions, proveModel } from "./proof.ts";
import { readServerFacts, type ServerAddress } from "./server-facts.ts";

interface ModelServerOptions extends ProofOptions {
  /** What the configuration says. */
  readonly operator: Capacity;
  readonly clock: Clock;
}

/** How long an answer holds: a server that was restarted with other slots is noticed. */
const REMEMBERED_MS = 5 * 60_000;

export function buildModelServer(options: ModelServerOptions): ModelServer {
  const { clock, operator } = options;
  let known: { readonly slots: number | undefined; readonly atMs: number } | undefined;
  return {
    countSlots: async () => {
      if (operator.slots !== undefined) return operator.slots;
      const nowMs = clock.monotonicMs();
      if (known && nowMs - known.atMs < REMEMBERED_MS) return known.slots;
      try {
        const { slots } = planCapacity(await readServerFacts(options), operator);
        known = { slots, atMs: nowMs };
      } catch (error) {
        // A server that is away has not lost its slots; who knows them needs no answer to wait for one.
        if (!known || !(error instanceof DisintoError)) throw error;
      }
      return known.slots;
    },
    prove: (signal) => proveModel({ ...options, signal }),
  };
}

interface Serving {
  readonly kind: ServerFacts["kind"];
  /** Tokens that one session may hold; undefined where nobody says. */
  readonly window: number | undefined;
}

/** As one session finds it; a server that does not answer is the session's to find out. */
export async function readServing(address: ServerAddress, operator: Capacity): Promise<Serving> {
  try {
    const facts = await readServerFacts(address);
    return { kind: facts.kind, window: planCapacity(facts, operator).context };
  } catch (error) {
    if (error instanceof DisintoError) return { kind: "other", window: operator.context };
    throw error;
  }
}
