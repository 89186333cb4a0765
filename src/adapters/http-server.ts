/** A small HTTP server of the factory's own, inside the network or on loopback. */
import { timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono, Env as HonoEnv, MiddlewareHandler } from "hono";

export interface HttpServer {
  readonly port: number;
  close(): void;
}

interface Address {
  readonly bind: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Requests may last as long as their senders live. */
  readonly isStreamed?: boolean;
}

export async function serveHttp<E extends HonoEnv>(
  app: Hono<E>,
  { bind, port, isStreamed = false }: Address,
): Promise<HttpServer> {
  const server = createServer(getRequestListener(app.fetch));
  if (isStreamed) server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, bind, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Only who knows the token is answered; anybody else gets 401. */
export function requireToken(token: string): MiddlewareHandler {
  const wanted = Buffer.from(`Bearer ${token}`);
  return async (context, next) => {
    const given = Buffer.from(context.req.header("authorization") ?? "");
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return next();
    return context.body(null, 401, { "www-authenticate": "Bearer" });
  };
}
