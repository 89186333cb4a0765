/** How times, amounts and sums are written. Pure. */

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** `4 min`, as the browser's script writes it too. */
export function formatDuration(seconds: number): string {
  if (seconds < MINUTE_S) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min`;
  if (seconds < 2 * DAY_S) return `${(seconds / HOUR_S).toFixed(seconds < 10 * HOUR_S ? 1 : 0)} h`;
  return `${Math.floor(seconds / DAY_S)} d`;
}

export function formatTokens(tokens: number): string {
  if (tokens < 1_000) return String(tokens);
  if (tokens < 1_000_000) return `${(tokens / 1_000).toFixed(tokens < 10_000 ? 1 : 0)} k`;
  return `${(tokens / 1_000_000).toFixed(1)} M`;
}

/** Sessions whose price nobody knows count nothing here. */
export function formatMoney(dollars: number): string {
  return dollars === 0 ? "–" : `$${dollars.toFixed(dollars < 10 ? 2 : 0)}`;
}

export function formatClock(time: string): string {
  return `${time.slice(11, 19)} UTC`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
