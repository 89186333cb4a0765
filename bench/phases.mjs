/** Where the time of one issue went, by its bot's events. */

/** Milliseconds that the bot stood in each state, the choosing from the given moment on, the coding less the thinking. */
export function readPhases(events, { sinceMs, thinkingMs }) {
  const moves = events.filter(({ type }) => ["state.entered", "issue.released"].includes(type));
  const phases = new Map([["choosing", moves[0].ms - sinceMs]]);
  for (const [index, { at, ms }] of moves.entries()) {
    const next = moves[index + 1];
    if (next) phases.set(at, (phases.get(at) ?? 0) + next.ms - ms);
  }
  phases.set("coding", phases.get("coding") - thinkingMs);
  return phases;
}
