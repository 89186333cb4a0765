/**
 * Where bots hand in what happens, over one connection that each holds open: its loss says that the bot is gone. A bot
 * asks first what was the last that is known of it, and goes on from there.
 */
import { Hono } from "hono";
import { requireToken } from "../adapters/http-server.ts";
import { type EventStore, isName, parseEvent } from "./event-store.ts";
import type { FactoryView } from "./factory-view.ts";
import type { Transcripts } from "./transcripts.ts";

export interface IntakeOptions {
  /** What bots and the CI prove themselves with. */
  readonly token: string;
  readonly view: FactoryView;
  readonly store: EventStore;
  readonly transcripts: Transcripts;
}

/** A connection on which nothing was heard for so long is lost; bots write at least every second. */
const SILENCE_MS = 4_000;
const MAX_LINE = 1_000_000;

export function intakeRoutes(options: IntakeOptions): Hono {
  const { token, view, store } = options;
  const open = new Map<string, object>();
  const routes = new Hono();
  routes.use(requireToken(token));
  routes.get("/:by", (context) => {
    const by = context.req.param("by");
    return isName(by) ? context.json({ last: store.lastOf(by) }) : context.body(null, 404);
  });
  routes.post("/:by", async (context) => {
    const by = context.req.param("by");
    const body = context.req.raw.body;
    if (!isName(by) || !body) return context.body(null, 404);
    const connection = {};
    open.set(by, connection);
    view.openConnection(by);
    try {
      const isWhole = await readLines(body, (line) => takeLine(options, by, line));
      // A bot that has come back is not lost with its older connection.
      if (open.get(by) === connection) {
        open.delete(by);
        view.closeConnection(by, isWhole);
      }
    } catch (error) {
      view.closeConnection(by, false);
      throw error;
    }
    return context.body(null, 204);
  });
  return routes;
}

function takeLine({ view, store, transcripts }: IntakeOptions, by: string, line: string): void {
  const event = parseEvent(line, by);
  if (event) {
    store.append(by, line);
    view.add(event);
    return;
  }
  const part = parsePart(line);
  if (part && transcripts.append(by, part)) view.noteTranscript();
}

function parsePart(line: string): { name: string; at: number; line: string } | undefined {
  try {
    const { transcript: name, at, line: text } = JSON.parse(line) as Record<string, unknown>;
    const isPart = typeof name === "string" && typeof at === "number" && typeof text === "string";
    return isPart ? { name, at, line: text } : undefined;
  } catch {
    return undefined;
  }
}

/** Answers whether the other side ended it; else it broke, or fell silent. */
async function readLines(
  body: ReadableStream<Uint8Array>,
  take: (line: string) => void,
): Promise<boolean> {
  const reader = body.getReader();
  const lines = new LineSplitter(take);
  try {
    for (;;) {
      const chunk = await withinSilence(reader.read());
      if (!chunk) return false;
      if (chunk.done) return true;
      lines.add(chunk.value);
    }
  } catch {
    return false;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What was cut by the connection's end is no line. */
class LineSplitter {
  readonly #take: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  add(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    const rest = lines.pop() ?? "";
    this.#rest = rest.length > MAX_LINE ? "" : rest;
    for (const line of lines) if (line !== "") this.#take(line);
  }
}

async function withinSilence<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), SILENCE_MS);
  });
  try {
    return await Promise.race([reading, silence]);
  } finally {
    clearTimeout(timer);
  }
}
