/** Splits output into lines in bounded memory; a line longer than may be is handed on in pieces. */
import { StringDecoder } from "node:string_decoder";

const MAX_LINE_CHARACTERS = 4_000_000;

export class LineReader {
  readonly #decoder = new StringDecoder("utf8");
  readonly #take: (line: string) => void;
  #rest = "";

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  add(chunk: Buffer): void {
    this.#rest += this.#decoder.write(chunk);
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
    if (this.#rest.length > MAX_LINE_CHARACTERS) this.end();
  }

  end(): void {
    if (this.#rest !== "") this.#take(this.#rest);
    this.#rest = "";
  }
}
