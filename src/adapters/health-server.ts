/**
 * What a bot says of itself, inside the network only: `/healthz` whether it gets on, `/metrics` its figures, `/status`
 * everything, to who knows the factory's token. Where there is no token there is no `/status`.
 */

import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { toTerminalText } from "../core/terminal-text.ts";

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

export interface HealthServer {
  readonly port: number;
  close(): void;
}

/** `port` 0 takes any. */
export async function serveHealth(port: number, sources: HealthSources): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(request, response, sources).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
      process.stderr.write(`${toTerminalText(`${request.url}: ${error}`)}\n`);
    });
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { loops, token, metrics, status }: HealthSources,
): Promise<void> {
  const json = { "content-type": "application/json" };
  if (request.url === "/healthz") {
    const all = Object.entries(loops);
    const idle = all.map(([role, { idleMs }]) => [role, Math.round(idleMs / 1000)] as const);
    const isWell = !all.some(([, { isStuck }]) => isStuck);
    response
      .writeHead(isWell ? 200 : 503, json)
      .end(JSON.stringify({ secondsWithoutProgress: Object.fromEntries(idle) }));
  } else if (request.url === "/metrics") {
    const text = await metrics();
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(text);
  } else if (request.url === "/status" && token !== undefined) {
    if (isAuthorized(request, token))
      response.writeHead(200, json).end(JSON.stringify(await status()));
    else response.writeHead(401, { "www-authenticate": "Bearer" }).end();
  } else response.writeHead(404).end();
}

function isAuthorized({ headers }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
