/** Starts the embedded forge: an HTTP server over one folder. */
import { mkdir } from "node:fs/promises";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { type ForgeContext, Queue } from "./forge.ts";
import { CommitLookups } from "./git/commit-lookups.ts";
import { parseGitRequest, serveGit } from "./git/http.ts";
import { maintain } from "./git/maintenance.ts";
import { installHook } from "./git/pre-receive.ts";
import { GitSlots } from "./git/slots.ts";
import { createApp } from "./http/app.ts";
import { createForgeServer, limitApiRequest } from "./http/request-limits.ts";
import { recover } from "./recovery.ts";
import { Database } from "./store/database.ts";
import { lockFolder } from "./store/server-lock.ts";
import { Authentication } from "./users/authentication.ts";
import { PasswordChecker } from "./users/secrets.ts";

export interface ForgeOptions {
  readonly folder: string;
  /** Default 127.0.0.1: whoever listens elsewhere says so. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The address people and bots use, if it is not the one listened on. */
  readonly rootUrl?: string;
  readonly signal?: AbortSignal;
}

export interface RunningForge {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export function databaseFile(folder: string): string {
  return join(folder, "forge.db");
}

export async function startForge(options: ForgeOptions): Promise<RunningForge> {
  const folder = resolve(options.folder);
  const host = options.host ?? "127.0.0.1";
  await mkdir(join(folder, "repositories"), { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(folder);
  const db = new Database(databaseFile(folder));
  const server = createForgeServer();
  limitConnections(server);
  const stop = new AbortController();
  const begin = serveWhenReady(server);
  try {
    await installHook(folder);
    const port = await listen(server, { host, port: options.port });
    const url = (options.rootUrl ?? `http://${host}:${port}`).replace(/\/+$/, "");
    const authentication = new Authentication(db, new PasswordChecker());
    const lookups = new CommitLookups();
    const shared = { authentication, lookups, queue: new Queue(), gitSlots: new GitSlots() };
    const forge: ForgeContext = { db, folder, url, ...shared };
    await recover(forge);
    begin(forge);
    void maintain(forge, stop.signal);
    const close = closer(server, () => {
      stop.abort();
      lookups.closeAll();
      db.close();
      unlock();
    });
    options.signal?.addEventListener("abort", () => void close(), { once: true });
    return { url, port, close };
  } catch (error) {
    server.close();
    db.close();
    unlock();
    throw error;
  }
}

const MOST_CONNECTIONS = 4096;
const MOST_OF_ONE_ADDRESS = 1024;

/** Whoever opens them without end fills its own share. */
function limitConnections(server: Server): void {
  const open = new Map<string, number>();
  server.maxConnections = MOST_CONNECTIONS;
  server.on("connection", (socket) => {
    const { remoteAddress: from = "" } = socket;
    const mine = (open.get(from) ?? 0) + 1;
    if (mine > MOST_OF_ONE_ADDRESS) {
      socket.end(
        "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      );
      return;
    }
    open.set(from, mine);
    socket.once("close", () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left > 0) open.set(from, left);
      else open.delete(from);
    });
  });
}

async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** A request that comes while the forge still puts its folder in order waits; nobody would ever answer it otherwise. */
function serveWhenReady(server: Server): (forge: ForgeContext) => void {
  let begin!: (serve: RequestListener) => void;
  const ready = new Promise<RequestListener>((resolve) => {
    begin = resolve;
  });
  server.on("request", (request, response) => {
    void ready.then((serve) => serve(request, response));
  });
  return (forge) => begin(toListener(forge));
}

function toListener(forge: ForgeContext): RequestListener {
  const answer = getRequestListener(createApp(forge).fetch, { overrideGlobalObjects: false });
  return (request, response) => {
    const git = parseGitRequest(request);
    if (git) {
      void serveGit(forge, git, { request, response });
      return;
    }
    limitApiRequest(request);
    void answer(request, response);
  };
}

/** Waits for what is under way; idle connections do not count. */
function closer(server: Server, release: () => void): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= new Promise<void>((resolve) => {
      server.close(() => {
        release();
        resolve();
      });
      server.closeIdleConnections();
    });
    return closing;
  };
}
