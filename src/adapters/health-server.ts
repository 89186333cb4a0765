/** `/healthz`, inside the network only: whether the bot gets on, and nothing else about it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Watched {
  readonly isStuck: boolean;
  readonly idleMs: number;
}

export interface HealthServer {
  readonly port: number;
  close(): void;
}

/** Answers 200 while every loop gets on, else 503; `port` 0 takes any. */
export async function serveHealth(
  port: number,
  loops: Readonly<Record<string, Watched>>,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    if (request.url !== "/healthz") {
      response.writeHead(404).end();
      return;
    }
    const all = Object.entries(loops);
    const idle = all.map(([role, { idleMs }]) => [role, Math.round(idleMs / 1000)] as const);
    response
      .writeHead(all.some(([, { isStuck }]) => isStuck) ? 503 : 200, {
        "content-type": "application/json",
      })
      .end(JSON.stringify({ secondsWithoutProgress: Object.fromEntries(idle) }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "0.0.0.0", resolve);
  });
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
