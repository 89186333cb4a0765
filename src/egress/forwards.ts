/** Ports that lead to one place each: models' servers on the host, and what operators reach from outside. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { EgressLists } from "../core/egress-lists.ts";
import { HOST_NAME } from "../core/service-ports.ts";

interface Target {
  readonly host: string;
  readonly port: number;
}

export class Forwards {
  readonly #servers = new Map<string, Server>();
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Listens on what the lists name now and on nothing else; what flows already goes on. */
  follow({ forwards, inbound }: EgressLists): void {
    const wanted = new Map<string, { port: number; to: Target }>();
    for (const port of forwards) note(wanted, port, { host: HOST_NAME, port });
    for (const { port, to } of inbound) note(wanted, port, to);
    for (const [key, server] of this.#servers) {
      if (wanted.has(key)) continue;
      server.close();
      this.#servers.delete(key);
    }
    for (const [key, { port, to }] of wanted) {
      if (!this.#servers.has(key)) this.#servers.set(key, this.#listen(key, port, to));
    }
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
  }

  #listen(key: string, port: number, to: Target): Server {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      join(socket, connect({ ...to, allowHalfOpen: true }));
    });
    server.on("error", (error) => {
      this.#say(`${key}: ${error.message}\n`);
      this.#servers.delete(key);
    });
    return server.listen(port, "0.0.0.0");
  }
}

function note(wanted: Map<string, { port: number; to: Target }>, port: number, to: Target): void {
  wanted.set(`${port} to ${to.host}:${to.port}`, { port, to });
}

/** Half-closed connections stay so: git and streams end one side first. */
export function join(from: Socket, to: Socket, head?: Buffer): void {
  from.setNoDelay(true);
  to.setNoDelay(true);
  if (head?.length) to.write(head);
  from.pipe(to);
  to.pipe(from);
  const end = () => {
    from.destroy();
    to.destroy();
  };
  from.on("error", end).on("close", () => to.destroy());
  to.on("error", end).on("close", () => from.destroy());
}
