/**
 * What a bot says of itself, inside the network only: `/healthz` whether it gets on, `/metrics` its figures, `/status`
 * everything, to who knows the factory's token. Where there is no token there is no `/status`.
 */

import { Hono } from "hono";
import { toTerminalText } from "../core/terminal-text.ts";
import { type HttpServer, requireToken, serveHttp } from "./http-server.ts";

interface WatchedLoop {
  readonly isStuck: boolean;
  readonly idleMs: number;
}

export interface HealthSources {
  readonly loops: Readonly<Record<string, WatchedLoop>>;
  /** The token for `/status`; undefined if it is not served. */
  readonly token: string | undefined;
  readonly metrics: () => Promise<string>;
  readonly status: () => Promise<unknown>;
}

/** `port` 0 takes any. */
export function serveHealth(port: number, sources: HealthSources): Promise<HttpServer> {
  return serveHttp(buildApp(sources), { bind: "0.0.0.0", port });
}

function buildApp({ loops, token, metrics, status }: HealthSources): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => {
    const all = Object.entries(loops);
    const idle = all.map(([role, { idleMs }]) => [role, Math.round(idleMs / 1000)] as const);
    const isWell = !all.some(([, { isStuck }]) => isStuck);
    return context.json({ secondsWithoutProgress: Object.fromEntries(idle) }, isWell ? 200 : 503);
  });
  app.get("/metrics", async (context) =>
    context.body(await metrics(), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    }),
  );
  if (token !== undefined)
    app.get("/status", requireToken(token), async (context) =>
      context.json((await status()) as Record<string, unknown>),
    );
  app.notFound((context) => context.body(null, 404));
  app.onError((error, context) => {
    process.stderr.write(`${toTerminalText(`${context.req.path}: ${error}`)}\n`);
    return context.body(null, 500);
  });
  return app;
}
