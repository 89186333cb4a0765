/** Asks a server behind the edge by its name, which no resolver knows, and by the certificate that Caddy signed itself. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { request as secureRequest } from "node:https";
import path from "node:path";
import { run } from "../../src/adapters/process.ts";

export interface EdgePlace {
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** Caddy's folder. */
  readonly root: string;
}

const authority = (root: string) => path.join(root, "caddy/pki/authorities/local/root.crt");

async function send({ isSecure, host, port, root }: EdgePlace, way: string, headers = {}) {
  const options = {
    host: "127.0.0.1",
    port,
    path: way,
    headers: { host: `${host}:${port}`, ...headers },
  };
  const ca = isSecure ? await readFile(authority(root)) : undefined;
  const sent = isSecure ? secureRequest({ ...options, ca, servername: host }) : request(options);
  sent.end();
  return sent;
}

export async function ask(place: EdgePlace, way: string): Promise<IncomingMessage> {
  const [answer] = await once(await send(place, way), "response");
  answer.resume();
  return answer;
}

/** Two events, the second sent only when the first has come: a proxy that gathers them is waited for in vain. */
export function streamEvents(
  asked: { readonly url?: string | undefined },
  answer: ServerResponse,
): void {
  if (asked.url === "/seen") {
    waiting?.end("data: 2\n\n");
    answer.end();
    return;
  }
  waiting = answer;
  answer.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
}

let waiting: ServerResponse | undefined;

export async function readEvents(place: EdgePlace): Promise<readonly string[]> {
  const [answer] = (await once(await send(place, "/events"), "response")) as [IncomingMessage];
  const parts: string[] = [];
  for await (const part of answer) {
    parts.push(String(part));
    if (parts.length === 1) await ask(place, "/seen");
  }
  return parts;
}

/** What comes back over a connection that was upgraded. */
export async function echo(place: EdgePlace): Promise<string> {
  const sent = await send(place, "/", { connection: "Upgrade", upgrade: "websocket" });
  const [, socket] = await once(sent, "upgrade");
  socket.write("both ways");
  const [back] = await once(socket, "data");
  socket.destroy();
  return String(back);
}

interface Push extends EdgePlace {
  readonly bytes: number;
  /** The forge's address behind the edge. */
  readonly forge: string;
}

const person = Buffer.from("ada:correct horse").toString("base64");

/** Pushes one file into a new repository; answers git's exit code and whether its commit is there. */
export async function push({ bytes, forge, ...place }: Push) {
  const { isSecure, host, port, root } = place;
  const name = `r${randomBytes(4).toString("hex")}`;
  const headers = { authorization: `Basic ${person}`, "content-type": "application/json" };
  const body = JSON.stringify({ name });
  await fetch(`${forge}/api/v1/user/repos`, { method: "POST", headers, body });
  const folder = path.join(root, name);
  await mkdir(folder);
  await writeFile(path.join(folder, "large"), randomBytes(bytes));
  const url = `${isSecure ? "https" : "http"}://${host}:${port}/ada/${name}.git`;
  const git = async (...args: readonly string[]) => {
    const settings = [
      `http.curloptResolve=${host}:${port}:127.0.0.1`,
      `http.extraHeader=Authorization: Basic ${person}`,
      ...(isSecure ? [`http.sslCAInfo=${authority(root)}`] : []),
      "user.name=ada",
      "user.email=ada@x.invalid",
      "core.compression=0",
    ].flatMap((one) => ["-c", one]);
    const argv = ["git", ...settings, ...args] as const;
    return run(argv, { cwd: folder, timeoutMs: 280_000 });
  };
  await git("init", "-q", "-b", "main");
  await git("add", ".");
  await git("commit", "-qm", "large");
  const { exitCode, stderr } = await git("push", "-q", url, "main");
  const head = (await git("rev-parse", "HEAD")).stdout.trim();
  const there = (await git("ls-remote", `${forge}/ada/${name}.git`, "main")).stdout;
  return { exitCode, stderr, isThere: there.startsWith(head) };
}
