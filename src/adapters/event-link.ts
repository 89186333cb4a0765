/**
 * The connection on which a bot, or the local CI, hands its events to the dashboard. What is in the file of events and not
 * yet known there is handed in first, so that nothing is lost while the dashboard, or the way to it, is away.
 */
import { readFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { deriveEarlierFile } from "./event-file.ts";

export interface EventLinkOptions {
  /** The dashboard's address. */
  readonly url: string;
  readonly token: string;
  readonly by: string;
  /** Where the events are. */
  readonly file: string;
}

/** Undefined where there is no dashboard. */
export function openEventLink(
  dashboard: { readonly url: string; readonly token: string } | undefined,
  place: Omit<EventLinkOptions, "url" | "token">,
): EventLink | undefined {
  if (!dashboard) return undefined;
  const link = new EventLink({ ...dashboard, ...place });
  link.start();
  return link;
}

const ALIVE_EVERY_MS = 1_000;
const RETRY_MS = 1_000;
const CLOSE_MS = 1_000;
/** What may lie unsent before a dashboard that does not read is given up. */
const MAX_UNSENT_BYTES = 16_000_000;

export class EventLink {
  readonly #options: EventLinkOptions;
  readonly #transcripts = new Map<string, string[]>();
  #current: ClientRequest | undefined;
  #isClosing = false;

  constructor(options: EventLinkOptions) {
    this.#options = options;
  }

  /** Goes on until it is closed; a dashboard that is not there is asked again and again. */
  start(): void {
    const again = () => {
      this.#current = undefined;
      if (!this.#isClosing) setTimeout(() => this.start(), RETRY_MS).unref();
    };
    // However it ended: a dashboard that is away is no concern of a bot's.
    void this.#connect().then(again, again);
  }

  /** A line that was just written to the file. */
  offer(line: string): void {
    this.#write(line.trimEnd());
  }

  /** A line of a session's transcript, which is handed in anew if the connection was lost meanwhile. */
  offerTranscript(transcript: string, line: string): void {
    const lines = this.#transcripts.get(transcript) ?? [];
    this.#transcripts.set(transcript, lines);
    lines.push(line);
    this.#write(JSON.stringify({ transcript, at: lines.length - 1, line }));
  }

  endTranscript(transcript: string): void {
    this.#transcripts.delete(transcript);
  }

  /** What was offered has left, or nobody takes it. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const current = this.#current;
    if (!current) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      current.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      current.end();
    });
    current.destroy();
  }

  async #connect(): Promise<void> {
    const { last } = JSON.parse(await this.#ask("GET")) as { last?: string };
    if (this.#isClosing) return;
    await this.#ask("POST", (stream) => {
      const pending = listUnknown(this.#options.file, last);
      for (const line of pending) stream.write(`${line}\n`);
      this.#current = stream;
      for (const [transcript, lines] of this.#transcripts)
        for (const [at, line] of lines.entries())
          this.#write(JSON.stringify({ transcript, at, line }));
    });
  }

  #write(line: string): void {
    const stream = this.#current;
    if (!stream || stream.destroyed) return;
    if (stream.writableLength > MAX_UNSENT_BYTES) stream.destroy();
    else stream.write(`${line}\n`);
  }

  /** The answer's body; with `begin` the request stays open. Bare HTTP: no proxy of this process's is on the way. */
  #ask(method: "GET" | "POST", begin?: (stream: ClientRequest) => void): Promise<string> {
    const { url, token, by } = this.#options;
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      const stream = request(`${url}/intake/${by}`, { method, headers }, (answer) =>
        readBody(answer).then(resolve, reject),
      );
      stream.on("error", reject);
      stream.once("socket", (socket) => socket.unref());
      if (!begin) {
        stream.end();
        return;
      }
      const alive = setInterval(() => stream.write("\n"), ALIVE_EVERY_MS).unref();
      stream.once("close", () => {
        clearInterval(alive);
        reject(new Error("the dashboard closed the connection"));
      });
      stream.flushHeaders();
      begin(stream);
    });
  }
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  if (answer.statusCode !== undefined && answer.statusCode >= 300)
    throw new Error(`the dashboard answered ${answer.statusCode}`);
  return Buffer.concat(chunks).toString("utf8");
}

/** All behind the line that is known; where that is gone from the file, all that is newer. */
function listUnknown(file: string, last: string | undefined): readonly string[] {
  const lines = [deriveEarlierFile(file), file].flatMap((one) => readLines(one));
  if (last === undefined) return lines;
  const at = lines.lastIndexOf(last);
  if (at >= 0) return lines.slice(at + 1);
  const { time } = JSON.parse(last) as { time: string };
  return lines.filter((line) => (/"time":"([^"]+)"/.exec(line)?.[1] ?? "") > time);
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.endsWith("}"));
  } catch {
    return [];
  }
}
