/** What a bot says of itself over HTTP, gathered from where it is known. */
import { serveHealth } from "./adapters/health-server.ts";
import type { Progress } from "./bot/loop/progress.ts";
import type { StatusKeeper } from "./bot/loop/status-keeper.ts";
import { formatMetrics, type LiveStatus } from "./core/metrics.ts";

interface HealthOptions {
  readonly port: number;
  readonly token: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly loops: Readonly<Record<string, Progress>>;
  readonly keeper: StatusKeeper;
  readonly leases: () => readonly string[];
}

/** Answers how to stop it. */
export async function serveBotHealth(options: HealthOptions): Promise<() => void> {
  const { port, token, loops, keeper } = options;
  const readLive = (): LiveStatus => {
    const { name, version, leases } = options;
    const all = Object.entries(loops).map(
      ([role, { idleMs, isStuck }]) => [role, { idleMs, isStuck }] as const,
    );
    const { traffic, inStateMs } = keeper;
    const loopsByRole = Object.fromEntries(all);
    return { name, version, loops: loopsByRole, inStateMs, leases: leases(), traffic };
  };
  const { close } = await serveHealth(port, {
    loops,
    token,
    metrics: async () => formatMetrics(keeper.status, readLive(), process.memoryUsage.rss()),
    status: async () => ({ ...readLive(), ...keeper.status }),
  });
  return close;
}
