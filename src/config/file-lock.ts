/**
 * A lock that the kernel drops with its holder, so a killed command never leaves a stale one: a Unix
 * socket in the abstract namespace, named after the folder. Connecting to it tells who holds it.
 */
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { DisintoError } from "../errors.ts";

export interface LockOptions {
  readonly folder: string;
  /** What the lock covers: `operator`, `.env`. */
  readonly name: string;
  /** How long to wait for another holder before giving up. */
  readonly waitMs: number;
}

const retryMs = 20;

/** Runs `body` while holding the lock; a holder that outlasts the wait is named in the error. */
export async function withLock<T>(options: LockOptions, body: () => Promise<T>): Promise<T> {
  const server = await acquire(options);
  try {
    return await body();
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

async function acquire({ folder, name, waitMs }: LockOptions): Promise<Server> {
  const path = await addressOf(folder, name);
  for (let leftMs = waitMs; ; leftMs -= retryMs) {
    const server = await listen(path);
    if (server) return server;
    if (leftMs <= 0) throw await toLockedError(path, folder);
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

async function addressOf(folder: string, name: string): Promise<string> {
  const key = `${process.getuid?.() ?? 0}\n${await realpath(folder)}\n${name}`;
  return `\0disinto-${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;
}

function listen(path: string): Promise<Server | undefined> {
  const holder = `process ${process.pid}, since ${new Date().toISOString()}`;
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(holder);
    });
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen({ path }, () => resolve(server));
  });
}

async function toLockedError(path: string, folder: string): Promise<DisintoError> {
  return new DisintoError(
    "factory.locked",
    `another disinto command is running in ${folder}: ${await askHolder(path)}`,
    { hint: "wait until it has finished; disinto up --wait waits by itself" },
  );
}

function askHolder(path: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ path, timeout: 1000 });
    socket.on("data", (chunk) => {
      answer += String(chunk);
    });
    socket.on("timeout", () => socket.destroy());
    socket.on("error", () => resolve("a process that has just exited"));
    socket.on("close", () => resolve(answer === "" ? "a process that does not answer" : answer));
  });
}
