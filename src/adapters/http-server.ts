/** A small HTTP server of the factory's own, inside the network or on loopback. */
import { timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono, MiddlewareHandler } from "hono";

export interface HttpServer {
  readonly port: number;
  close(): void;
}

interface Address {
  readonly bind: string;
  /** 0 takes any free one. */
  readonly port: number;
}

export async function serveHttp(app: Hono, { bind, port }: Address): Promise<HttpServer> {
  const server = createServer(getRequestListener(app.fetch));
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
