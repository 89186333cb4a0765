/** For people at a terminal: one line for each service as it comes up, while the engine starts them all at once. */
import { DisintoError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Containers, ObservedContainer } from "../ports/containers.ts";

const INTERVAL_MS = 500;

export interface ProgressTools {
  readonly containers: Pick<Containers, "observe">;
  readonly say: (line: string) => void;
  readonly clock: Clock;
}

/** Tells what it sees between the engine's two states; never decides whether a start succeeded. */
export async function startWithProgress(
  { containers, say, clock }: ProgressTools,
  services: readonly string[],
  start: () => Promise<void>,
): Promise<void> {
  const look = async () => (await containers.observe()).containers;
  const before = await look();
  const reported = new Set<string>();
  const reportStarted = async (): Promise<void> => {
    for (const { service } of listStarted(await look(), before)) {
      if (!services.includes(service) || reported.has(service)) continue;
      reported.add(service);
      say(`  ${service} is running (${reported.size} of ${services.length})`);
    }
  };
  const over = new AbortController();
  const starting = start().finally(() => over.abort());
  const watching = (async () => {
    while (!over.signal.aborted) {
      await reportStarted();
      await clock.sleep(INTERVAL_MS, over.signal);
    }
  })();
  const [started, watched] = await Promise.allSettled([starting, watching]);
  if (started.status === "rejected") throw started.reason;
  if (watched.status === "rejected" && !(watched.reason instanceof DisintoError))
    throw watched.reason;
  await reportStarted();
}

/** Running now, and not the same running container as before. */
function listStarted(
  now: readonly ObservedContainer[],
  before: readonly ObservedContainer[],
): readonly ObservedContainer[] {
  const ran = new Set(before.filter(({ running }) => running).map(({ id }) => id));
  return now.filter(({ id, running }) => running && !ran.has(id));
}
