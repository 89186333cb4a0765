/**
 * The gate between bots and Woodpecker. A token of Woodpecker's may do whatever its user may: secrets, crons, approvals.
 * Bots get one of the gate's, which reads runs and logs and restarts runs. It must never hand on anything else.
 */
import { Readable } from "node:stream";
import { Hono } from "hono";
import { request } from "undici";
import { type HttpServer, requireToken, serveHttp } from "../../adapters/http-server.ts";

export interface GateOptions {
  /** Where Woodpecker's server is. */
  readonly url: string;
  /** What bots show. */
  readonly botsToken: string;
  /** What Woodpecker is shown. */
  readonly accountToken: string;
  readonly bind: string;
  readonly port: number;
}

const LIMIT_MS = 30_000;

const offered: readonly (readonly [method: string, path: RegExp])[] = [
  ["GET", /^\/api\/repos\/lookup\/[^/]+\/[^/]+$/],
  ["GET", /^\/api\/repos\/\d+\/pipelines$/],
  ["GET", /^\/api\/repos\/\d+\/pipelines\/\d+(?:\/config)?$/],
  ["GET", /^\/api\/repos\/\d+\/logs\/\d+\/\d+$/],
  // The same run once more: without parameters, which would be variables of the run.
  ["POST", /^\/api\/repos\/\d+\/pipelines\/\d+$/],
];

/** Pages of a list, and nothing else, may be asked for in a query. */
const paging: ReadonlySet<string> = new Set(["page", "perPage"]);

export function isOffered(method: string, url: URL): boolean {
  const isKnown = offered.some(([one, path]) => one === method && path.test(url.pathname));
  const asked = [...url.searchParams.keys()];
  return isKnown && (method === "GET" ? asked.every((key) => paging.has(key)) : asked.length === 0);
}

export function serveGate(options: GateOptions): Promise<HttpServer> {
  const { url, botsToken, accountToken, bind, port } = options;
  const base = url.replace(/\/$/, "");
  const app = new Hono();
  app.get("/healthz", (context) => context.body(null, 204));
  app.use(requireToken(botsToken));
  app.all("*", async (context) => {
    const { method } = context.req;
    const asked = new URL(context.req.url);
    if (!isOffered(method, asked))
      return context.text("bots read runs and logs and restart runs, nothing else", 403);
    try {
      const { statusCode, headers, body } = await request(
        `${base}${asked.pathname}${asked.search}`,
        {
          method: method === "POST" ? "POST" : "GET",
          headers: { authorization: `Bearer ${accountToken}` },
          headersTimeout: LIMIT_MS,
          bodyTimeout: LIMIT_MS,
        },
      );
      const type = String(headers["content-type"] ?? "application/octet-stream");
      const isEmpty = statusCode === 204 || statusCode === 304;
      if (isEmpty) await body.dump();
      return new Response(isEmpty ? null : (Readable.toWeb(body) as ReadableStream), {
        status: statusCode,
        headers: { "content-type": type },
      });
    } catch {
      return context.text("Woodpecker does not answer", 502);
    }
  });
  return serveHttp(app, { bind, port });
}
