/**
 * The proxy by which containers get out: CONNECT and plain HTTP, to what the caller's list names. Who calls is told by the
 * engine's own names for addresses, which no container without rights over its network can change. What is refused is
 * remembered for the caller, who may ask for it.
 */
import { reverse } from "node:dns/promises";
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect, type Socket } from "node:net";
import { type Caller, type EgressLists, isAllowed } from "../core/egress-lists.ts";
import { join } from "./forwards.ts";

export interface ProxyOptions {
  readonly readLists: () => EgressLists;
  /** Name of the container at an address, and undefined for what is none of ours. */
  readonly nameOf: (address: string) => Promise<string | undefined>;
  readonly onRefusal: (refusal: RefusedRequest) => void;
}

export interface RefusedRequest {
  readonly time: string;
  /** The bot. */
  readonly caller: string;
  readonly host: string;
}

/** The most refusals kept of each caller; older ones are forgotten. */
const KEPT = 100;
const CONNECT_MS = 20_000;

export function buildProxy(options: ProxyOptions): Server {
  const refusals = new Map<string, RefusedRequest[]>();
  const refuse = (caller: string, host: string): string => {
    const refusal = { time: new Date().toISOString(), caller, host };
    refusals.set(caller, [...(refusals.get(caller) ?? []), refusal].slice(-KEPT));
    options.onRefusal(refusal);
    return `disinto: ${host} is not allowed for ${caller}; [network] allow in the project's file names what is\n`;
  };
  const judge = async (address: string | undefined, host: string, port: number) => {
    const { name, allow } = await find(options, address);
    return isAllowed(allow, host, port)
      ? undefined
      : refuse(name, port === 443 ? host : `${host}:${port}`);
  };
  const server = createServer((incoming, response) => {
    void answer(incoming, response, { options, refusals, judge }).catch(() => response.destroy());
  });
  server.on("connect", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    void tunnel(incoming, socket, { head, judge }).catch(() => socket.destroy());
  });
  server.requestTimeout = 0;
  return server;
}

type Judge = (
  address: string | undefined,
  host: string,
  port: number,
) => Promise<string | undefined>;

async function find({ readLists, nameOf }: ProxyOptions, address = ""): Promise<Caller> {
  const name = await nameOf(address);
  const { callers } = readLists();
  const own = name !== undefined && Object.hasOwn(callers, name) ? callers[name] : callers[""];
  return (name !== undefined && own) || { name: name ?? address, allow: [] };
}

async function tunnel(
  { url = "", socket: { remoteAddress } }: IncomingMessage,
  socket: Socket,
  { head, judge }: { head: Buffer; judge: Judge },
): Promise<void> {
  const target = /^\[?([^\]]+?)\]?:(\d+)$/.exec(url);
  const [host = "", port = 0] = [target?.[1], Number(target?.[2])];
  const refusal = target ? await judge(remoteAddress, host, port) : "disinto: no such address\n";
  if (refusal !== undefined) {
    socket.end(
      `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${refusal}`,
    );
    return;
  }
  const out = connect({ host, port, allowHalfOpen: true });
  const late = setTimeout(() => out.destroy(new Error("no answer")), CONNECT_MS);
  out.once("error", () => {
    clearTimeout(late);
    if (out.connecting || out.pending) socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  out.once("connect", () => {
    clearTimeout(late);
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    join(socket, out, head);
  });
}

interface Answering {
  readonly options: ProxyOptions;
  readonly refusals: ReadonlyMap<string, readonly RefusedRequest[]>;
  readonly judge: Judge;
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  { options, refusals, judge }: Answering,
): Promise<void> {
  const { url = "", method, headers, socket } = incoming;
  if (url === "/refusals") {
    const { name } = await find(options, socket.remoteAddress);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(refusals.get(name) ?? []));
    return;
  }
  if (!URL.canParse(url) || !url.startsWith("http://")) {
    response.writeHead(url === "/healthz" ? 200 : 400).end();
    return;
  }
  const { hostname: host, port: stated, pathname, search } = new URL(url);
  const port = Number(stated) || 80;
  const refusal = await judge(socket.remoteAddress, host, port);
  if (refusal !== undefined) {
    response.writeHead(403, { "content-type": "text/plain" }).end(refusal);
    return;
  }
  const { "proxy-connection": _, "proxy-authorization": __, ...kept } = headers;
  const out = request({
    host,
    port,
    method,
    path: `${pathname}${search}`,
    headers: kept,
    agent: false,
  });
  out.on("response", (got) => {
    response.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(response);
  });
  out.on("error", () =>
    response.headersSent ? response.destroy() : response.writeHead(502).end(),
  );
  response.on("close", () => out.destroy());
  incoming.pipe(out);
}

/** The engine's own resolver knows each container's address on its networks: `NAME.NETWORK`. */
export async function findContainer(address: string): Promise<string | undefined> {
  const names = await reverse(address.replace(/^::ffff:/, "")).catch(() => []);
  return names[0]?.split(".")[0];
}
