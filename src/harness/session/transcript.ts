/** What a session wrote, kept for people: redacted, bounded in size, and only of the latest sessions. */
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";

export interface TranscriptOptions {
  readonly folder: string;
  readonly redact: (text: string) => string;
  /** Files that stay; the oldest go first. */
  readonly most?: number;
  readonly maxCharacters?: number;
}

export class Transcript {
  readonly #stream: WriteStream;
  readonly #redact: (text: string) => string;
  #left: number;

  private constructor(
    stream: WriteStream,
    { redact, maxCharacters = 2_000_000 }: TranscriptOptions,
  ) {
    this.#stream = stream;
    this.#redact = redact;
    this.#left = maxCharacters;
  }

  /** `name` says whose session it is; the time in front of it makes names sort. */
  static async open(options: TranscriptOptions, name: string): Promise<Transcript> {
    const { folder, most = 50 } = options;
    await mkdir(folder, { recursive: true });
    const files = (await readdir(folder)).sort();
    for (const file of files.slice(0, Math.max(0, files.length - most + 1)))
      await rm(path.join(folder, file), { force: true });
    const time = new Date().toISOString().replace(/[-:.]/g, "");
    const stream = createWriteStream(path.join(folder, `${time}-${name}.log`), { mode: 0o600 });
    // A full disk costs the transcript, not the session.
    stream.on("error", () => undefined);
    return new Transcript(stream, options);
  }

  write(line: string): void {
    if (this.#left <= 0) return;
    const text = this.#redact(line);
    const kept = text.slice(0, this.#left);
    this.#left -= kept.length + 1;
    this.#stream.write(`${kept}\n${this.#left <= 0 ? "[the rest was left out]\n" : ""}`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream.errored) resolve();
      else this.#stream.once("close", resolve).end();
    });
  }
}
