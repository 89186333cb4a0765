/** The end of a long text, in bounded memory. */
const MAX_CHARACTERS = 20_000;

export class Tail {
  #text = "";

  add(line: string): void {
    this.#text += `${line.slice(-MAX_CHARACTERS)}\n`;
    if (this.#text.length > 4 * MAX_CHARACTERS) this.#text = this.#text.slice(-MAX_CHARACTERS);
  }

  get text(): string {
    return this.#text.slice(-MAX_CHARACTERS).trim();
  }

  lastLines(count: number): string {
    return this.text.split("\n").slice(-count).join("\n");
  }
}
