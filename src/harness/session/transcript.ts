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
  /** Somebody follows what is written as it is written. */
  readonly follower?: TranscriptFollower | undefined;
}

export interface TranscriptFollower {
  offerTranscript(transcript: string, line: string): void;
  endTranscript(transcript: string): void;
}

export class Transcript {
  readonly #stream: WriteStream;
  readonly #redact: (text: string) => string;
  readonly #name: string;
  readonly #follower: TranscriptFollower | undefined;
  #left: number;

  private constructor(
    stream: WriteStream,
    name: string,
    { redact, follower, maxCharacters = 2_000_000 }: TranscriptOptions,
  ) {
    this.#stream = stream;
    this.#name = name;
    this.#follower = follower;
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
    const file = `${time}-${name}`;
    const stream = createWriteStream(path.join(folder, `${file}.log`), { mode: 0o600 });
    // A full disk costs the transcript, not the session.
    stream.on("error", () => undefined);
    return new Transcript(stream, file, options);
  }

  write(line: string): void {
    if (this.#left <= 0) return;
    const text = this.#redact(line);
    const kept = text.slice(0, this.#left);
    this.#left -= kept.length + 1;
    this.#follower?.offerTranscript(this.#name, kept);
    this.#stream.write(`${kept}\n${this.#left <= 0 ? "[the rest was left out]\n" : ""}`);
  }

  close(): Promise<void> {
    this.#follower?.endTranscript(this.#name);
    return new Promise((resolve) => {
      if (this.#stream.errored) resolve();
      else this.#stream.once("close", resolve).end();
    });
  }
}
