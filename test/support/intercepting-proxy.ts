/** Stands before a forge and looks at each whole request: a test says which are held, refused, or done and not answered. */
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface ProxiedAnswer extends ProxiedRequest {
  readonly status: number;
  readonly answer: string;
}

export type Interception =
  /** Done by the forge, and the answer never comes. */
  | "lose"
  /** The connection breaks before the forge hears of it. */
  | "drop"
  /** Answered with this status; the forge does not hear of it. */
  | number
  /** Handed on only then. */
  | Promise<void>;

interface WholeMessage {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export class InterceptingProxy {
  /** Returns undefined if it passes. */
  intercept: (asked: ProxiedRequest) => Interception | undefined = () => undefined;
  /** What the forge answered, whether the answer was handed on or not. */
  readonly answered: ProxiedAnswer[] = [];
  readonly #target: string;
  readonly #server: Server;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((asked, answer) => {
      this.#handle(asked, answer).catch(() => answer.destroy());
    });
  }

  static async start(target: string): Promise<InterceptingProxy> {
    const proxy = new InterceptingProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await readWhole(incoming);
    const { method = "GET", url = "/" } = incoming;
    const asked = { method, path: url, body: body.toString("latin1") };
    const meddling = this.intercept(asked);
    if (meddling === "drop") return void answer.destroy();
    if (typeof meddling === "number")
      return void answer.writeHead(meddling).end('{"message":"not today"}');
    if (meddling instanceof Promise) await meddling;
    const got = await this.#forward(incoming, body);
    this.answered.push({ ...asked, status: got.status, answer: got.body.toString("latin1") });
    if (meddling === "lose") return void answer.destroy();
    const { "transfer-encoding": _, ...headers } = got.headers;
    answer.writeHead(got.status, { ...headers, "content-length": got.body.length }).end(got.body);
  }

  async #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<WholeMessage> {
    const { "transfer-encoding": _, expect: __, ...rest } = headers;
    const passed = request(`${this.#target}${url}`, {
      method,
      headers: { ...rest, "content-length": body.length },
    });
    passed.end(body);
    const [got] = (await once(passed, "response")) as [IncomingMessage];
    return { status: got.statusCode ?? 502, headers: got.headers, body: await readWhole(got) };
  }
}

async function readWhole(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A push that names this ref. */
export function isPushOf({ method, path, body }: ProxiedRequest, ref: string): boolean {
  return method === "POST" && path.endsWith("/git-receive-pack") && body.includes(ref);
}
