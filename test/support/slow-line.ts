/** A line to a server on which each connection moves so many bytes a second, in both directions. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const PIECE_MS = 100;

export class SlowLine {
  readonly #server;
  readonly #sockets = new Set<Socket>();
  /** Bytes that went to the server. */
  sent = 0;

  private constructor(target: string, bytesPerSecond: number) {
    const { hostname, port } = new URL(target);
    this.#server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => {}).on("close", () => [near, far].map((one) => one.destroy()));
      }
      near.pipe(brake(bytesPerSecond, (bytes) => (this.sent += bytes))).pipe(far);
      far.pipe(brake(bytesPerSecond)).pipe(near);
    });
  }

  static async open(target: string, bytesPerSecond: number): Promise<SlowLine> {
    const line = new SlowLine(target, bytesPerSecond);
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function brake(bytesPerSecond: number, count: (bytes: number) => void = () => {}): Transform {
  const most = (bytesPerSecond * PIECE_MS) / 1000;
  return new Transform({
    async transform(chunk: Buffer, _, done) {
      for (let at = 0; at < chunk.length; at += most) {
        const piece = chunk.subarray(at, at + most);
        await sleep((piece.length / bytesPerSecond) * 1000);
        count(piece.length);
        this.push(piece);
      }
      done();
    },
  });
}
