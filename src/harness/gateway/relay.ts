/**
 * An answer on its way to the agent, event by event: what shows that the server is at work is told from what only keeps
 * the connection, and what the agent did not ask for is taken out. Bytes are never decoded on their way (`latin1` keeps
 * each as it is).
 */
export interface RelayOptions {
  readonly isStream: boolean;
  /** The event of counts was asked for by the gateway alone: it is kept, and not passed on. */
  readonly hidesUsage?: boolean;
  /** The server is at work on this answer. */
  readonly onProgress: () => void;
  /** It says the first word of it. */
  readonly onFirst: () => void;
}

const MAX_ANSWER_CHARACTERS = 32_000_000;
/** An event of a stream, which an empty line ends. */
const eventEnd = /\r?\n\r?\n/;

export class Relay {
  readonly #options: RelayOptions;
  #rest = "";
  #read = 0;
  #hasBegun = false;
  #kept = "";

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** What the model said, for whoever counts it. */
  get text(): string {
    return Buffer.from(this.#kept, "latin1").toString();
  }

  /** What of it goes on to the agent. */
  take(chunk: Buffer): Buffer {
    return Buffer.from(this.#split(chunk.toString("latin1")), "latin1");
  }

  #split(text: string): string {
    if (!this.#options.isStream) {
      this.#note();
      return this.#keep(text);
    }
    this.#rest += text;
    let passed = "";
    for (let end = eventEnd.exec(this.#rest); end; end = eventEnd.exec(this.#rest)) {
      const length = end.index + end[0].length;
      passed += this.#takeEvent(this.#rest.slice(0, length));
      this.#rest = this.#rest.slice(length);
    }
    return passed;
  }

  end(): Buffer {
    const rest = this.#rest;
    this.#rest = "";
    return Buffer.from(this.#keep(rest), "latin1");
  }

  #takeEvent(event: string): string {
    const data = event.split(/\r?\n/).find((line) => line.startsWith("data:"));
    // A comment keeps the connection, and comes also from a server that hangs.
    if (data === undefined) return event;
    const read = readProgress(data.slice(5));
    if (read === undefined) {
      this.#note();
      const kept = this.#keep(event);
      return this.#options.hidesUsage && isOnlyUsage(data.slice(5)) ? "" : kept;
    }
    if (read > this.#read) this.#options.onProgress();
    this.#read = Math.max(this.#read, read);
    return "";
  }

  #note(): void {
    if (!this.#hasBegun) this.#options.onFirst();
    this.#hasBegun = true;
    this.#options.onProgress();
  }

  #keep(text: string): string {
    if (this.#kept.length < MAX_ANSWER_CHARACTERS) this.#kept += text;
    return text;
  }
}

/** The event that `include_usage` adds: counts, and no choice. */
function isOnlyUsage(data: string): boolean {
  if (!data.includes('"usage"')) return false;
  try {
    const { choices, usage } = JSON.parse(data) as { choices?: unknown; usage?: unknown };
    return Array.isArray(choices) && choices.length === 0 && Boolean(usage);
  } catch {
    return false;
  }
}

/** Tokens of the prompt that llama-server has read, where it was asked to say so (`return_progress`). */
function readProgress(data: string): number | undefined {
  if (!data.includes('"prompt_progress"')) return undefined;
  try {
    const { prompt_progress: progress } = JSON.parse(data) as {
      prompt_progress?: { processed?: unknown };
    };
    if (progress === undefined || progress === null) return undefined;
    return typeof progress.processed === "number" ? progress.processed : 0;
  } catch {
    return undefined;
  }
}
