/** How many sessions a model's server takes at once, and how much each may hold: what server and operator say, made safe. Pure. */

/** Tokens are one session's; undefined: nobody says. */
export interface Capacity {
  readonly slots: number | undefined;
  readonly context: number | undefined;
}

/** A llama-server that is told no `-np` has so many slots, and all of them share one cache of `context` tokens. */
const AUTOMATIC_SLOTS = 4;
/** Enough for any harness to work in; a shared cache is divided into no smaller parts than this. */
const ROOMY = 32_768;

/**
 * llama-server's pages do not tell a shared cache from one of each slot's own, and a shared one that is full ends every
 * running request. So four slots are taken as shared unless the operator says how many slots there are, or what each holds.
 */
export function isTakenAsShared(server: Capacity, operator: Capacity): boolean {
  return (
    server.slots === AUTOMATIC_SLOTS &&
    server.context !== undefined &&
    operator.slots === undefined &&
    operator.context === undefined
  );
}

export function planCapacity(server: Capacity, operator: Capacity): Capacity {
  if (server.context !== undefined && isTakenAsShared(server, operator)) {
    const slots = Math.min(AUTOMATIC_SLOTS, Math.max(1, Math.floor(server.context / ROOMY)));
    return { slots, context: Math.floor(server.context / slots) };
  }
  const windows = [server.context, operator.context].filter((one) => one !== undefined);
  return {
    slots: operator.slots ?? server.slots,
    context: windows.length === 0 ? undefined : Math.min(...windows),
  };
}

/** The part of the window that an answer may take: an agent keeps it free, so more would leave none for the work. */
export function deriveOutputLimit(context: number, most: number): number {
  return Math.min(most, Math.floor(context / 4));
}
