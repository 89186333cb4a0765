/** Splits output into lines in bounded memory; a line longer than may be is handed on in pieces. */
import { StringDecoder } from "node:string_decoder";

const MAX_LINE_CHARACTERS = 4_000_000;

export class LineReader {
  readonly #decoder = new StringDecoder("utf8");
  readonly #take: (line: string) => void;
  /** Parts of the line that has not ended; joined once, since who writes may write letter by letter. */
  #parts: string[] = [];
  #length = 0;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  add(chunk: Buffer): void {
    const lines = this.#decoder.write(chunk).split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      this.#keep(line);
      const whole = this.#parts.join("");
      this.#parts = [];
      this.#length = 0;
      this.#take(whole);
    }
    this.#keep(last);
    if (this.#length > MAX_LINE_CHARACTERS) this.end();
  }

  end(): void {
    const rest = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    if (rest !== "") this.#take(rest);
  }

  #keep(text: string): void {
    if (text === "") return;
    this.#parts.push(text);
    this.#length += text.length;
  }
}
