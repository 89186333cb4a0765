/** Stands before a forge and lets everything through, until it is told to answer as a network on a bad day does. */
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export const networkFaults = ["down", "slow", "500", "429", "html", "half a body"] as const;
export type NetworkFault = (typeof networkFaults)[number];

export class FaultyProxy {
  readonly #target: string;
  readonly #server: Server;
  #fault: NetworkFault | undefined;
  #after = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((asked, answer) => this.#handle(asked, answer));
  }

  static async start(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From the request after so many on; undefined: never. */
  fail(fault: NetworkFault | undefined, after = 0): void {
    this.#fault = fault;
    this.#after = after;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #handle(asked: IncomingMessage, answer: ServerResponse): void {
    if (this.#fault === undefined || this.#after-- > 0) this.#forward(asked, answer);
    else injectFault(this.#fault, { asked, answer, forward: () => this.#forward(asked, answer) });
  }

  #forward(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, headers, url } = asked;
    const passed = request(`${this.#target}${url}`, { method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  }
}

interface Exchange {
  readonly asked: IncomingMessage;
  readonly answer: ServerResponse;
  readonly forward: () => void;
}

function injectFault(fault: NetworkFault, { asked, answer, forward }: Exchange): void {
  if (fault === "down") asked.socket.destroy();
  else if (fault === "slow") {
    // Not a wait of the test's: it goes on when the command has given up.
    const timer = setTimeout(forward, 10_000);
    answer.on("close", () => clearTimeout(timer));
  } else if (fault === "html")
    answer.end("<html><title>Welcome to the hotel's network</title></html>");
  else if (fault === "half a body") {
    answer.writeHead(200, { "content-length": "1000", "content-type": "application/json" });
    answer.write('{"version":"11.', () => asked.socket.destroy());
  } else answer.writeHead(Number(fault)).end('{"message":"not today"}');
}
