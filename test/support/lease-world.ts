/**
 * A world in which leases are tried out: a forge that is nothing but refs, a network that delays, repeats and loses,
 * processes that are killed and paused, and one time that the test moves. The bots in it run the real lease code.
 */
import { DisintoError } from "../../src/errors.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Mirror, Refs, Swap } from "../../src/ports/git.ts";

export interface Outage {
  readonly fromMs: number;
  readonly forMs: number;
}

/** What the protocol would be without one of its rules. */
export interface Omission {
  /** Work is pushed with the lease named but not changed, which git leaves out of the request. */
  readonly fence?: boolean;
  /** The refs of one push are changed each by itself, whatever becomes of the others. */
  readonly torn?: boolean;
  /** A swap that did not end in a clean success is taken for lost, and the ref is not read. */
  readonly reading?: boolean;
}

export interface WorldOptions {
  readonly seed: number;
  readonly outages: readonly Outage[];
  readonly omit?: Omission;
  /** The longest delay of each half of a request's way. */
  readonly maxDelayMs: number;
  /** Requests are sent once, and each answer comes. */
  readonly isFaithful?: boolean;
}

interface Event {
  readonly atMs: number;
  readonly act: () => void;
}

/** A process with its own idea of time, which can be stopped for a while or for ever. */
export class Process {
  readonly holder: string;
  dead = false;
  pausedUntilMs = 0;
  /** Ever. */
  wasPaused = false;
  readonly fetched = new Set<string>();

  constructor(holder: string) {
    this.holder = holder;
  }
}

export class World {
  nowMs = 0;
  readonly refs = new Map<string, string>();
  /** By sha: the text of a commit, and the process that made it. */
  readonly commits = new Map<string, { readonly text: string; readonly by: Process }>();
  /** Called for each change that the forge makes, before it is made. */
  onChange: (by: Process, swaps: readonly Swap[]) => void = () => undefined;
  readonly #options: WorldOptions;
  readonly #events: Event[] = [];
  #state: number;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#state = options.seed >>> 0;
  }

  /** From 0 to below 1; the same for the same seed (mulberry32). */
  draw(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  at(atMs: number, act: () => void): void {
    const event = { atMs: Math.max(atMs, this.nowMs), act };
    const index = this.#events.findLastIndex((one) => one.atMs <= event.atMs);
    this.#events.splice(index + 1, 0, event);
  }

  /** Event after event until `isDone`, or false when `untilMs` has come first. */
  async run(isDone: () => boolean, untilMs: number): Promise<boolean> {
    await settled();
    while (!isDone()) {
      const [event] = this.#events;
      if (!event || event.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, Math.min(untilMs, event?.atMs ?? untilMs));
        return false;
      }
      this.#events.shift();
      this.nowMs = event.atMs;
      event.act();
      await settled();
    }
    return true;
  }

  clockOf(process: Process): Clock {
    const offsetMs = Math.floor(this.draw() * 1e9);
    return {
      // It is of no use to anybody, which shows that nothing decides by it.
      now: () => new Date(this.draw() * 1e12),
      monotonicMs: () => this.nowMs + offsetMs,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const end = () => {
            signal?.removeEventListener("abort", end);
            resolve();
          };
          signal?.addEventListener("abort", end);
          this.#wake(process, this.nowMs + ms, end);
        }),
    };
  }

  /** As the adapter's, over this forge: only what was fetched or made here can be read here. */
  mirrorOf(process: Process): Mirror {
    const read = async (matches: (ref: string) => boolean, fetch: boolean): Promise<Refs> => {
      const refs = await this.#ask(process, () => {
        this.#needForge();
        return new Map([...this.refs].filter(([ref]) => matches(ref)));
      });
      if (fetch) for (const sha of refs.values()) process.fetched.add(sha);
      return refs;
    };
    const matching = (pattern: string) => (ref: string) =>
      pattern.endsWith("*") ? ref.startsWith(pattern.slice(0, -1)) : ref === pattern;
    let refused: ReadonlySet<string> = new Set();
    return {
      files: { read: async () => [] },
      authorsOf: async () => [],
      repair: async () => false,
      compact: async () => undefined,
      sizeBytes: async () => 0,
      refresh: () => read(() => true, true),
      fetchRefs: (pattern) => read(matching(pattern), true),
      readRefs: async (patterns) => {
        const believed = refused;
        refused = new Set();
        if (patterns.some((pattern) => believed.has(pattern)))
          return new Map(patterns.map((pattern) => [pattern, "somebody else's"]));
        return read((ref) => patterns.some((pattern) => matching(pattern)(ref)), false);
      },
      swap: async (swaps) => {
        const answer = await this.#push(process, swaps);
        if (answer === "unclear" && this.#options.omit?.reading)
          refused = new Set(swaps.map(({ ref }) => ref));
        return answer;
      },
      objects: {
        note: (text: string) => this.#local(process, () => this.#commit(process, text)),
        readMessage: (sha: string) =>
          this.#local(process, () => {
            if (!process.fetched.has(sha)) throw new DisintoError("git.failed", `no ${sha} here`);
            return this.commits.get(sha)?.text ?? "";
          }),
      } as Mirror["objects"],
    };
  }

  #commit(process: Process, text: string): string {
    const sha = `sha${this.commits.size}`;
    this.commits.set(sha, { text, by: process });
    process.fetched.add(sha);
    return sha;
  }

  /** What git's client does to a request: it may send it again, and any answer may never come. */
  async #push(process: Process, swaps: readonly Swap[]): Promise<"applied" | "unclear"> {
    const { isFaithful = false } = this.#options;
    const isRepeated = !isFaithful && this.draw() < 0.15;
    const isUnheard = !isFaithful && this.draw() < 0.1;
    const repeatedAtMs = this.draw() * this.#options.maxDelayMs;
    const answer = await this.#ask(process, () => {
      const applied = this.#apply(process, swaps);
      if (!isRepeated) return applied;
      if (isUnheard) {
        this.at(this.nowMs + repeatedAtMs, () => this.#apply(process, swaps));
        return false;
      }
      return this.#apply(process, swaps);
    });
    return answer && !isUnheard ? "applied" : "unclear";
  }

  #apply(process: Process, swaps: readonly Swap[]): boolean {
    if (this.#isDown()) return false;
    const [first, ...rest] = swaps;
    if (this.#options.omit?.fence && first && rest.length > 0) {
      const pushed = this.#apply(process, rest);
      if (pushed) this.#apply(process, [first]);
      return pushed;
    }
    if (this.#options.omit?.torn && swaps.length > 1)
      return swaps.map((swap) => this.#apply(process, [swap])).every(Boolean);
    if (swaps.some(({ ref, from }) => this.refs.get(ref) !== from)) return false;
    this.onChange(process, swaps);
    for (const { ref, to } of swaps) {
      if (to === undefined) this.refs.delete(ref);
      else this.refs.set(ref, to);
    }
    return true;
  }

  #isDown(): boolean {
    return this.#options.outages.some(
      ({ fromMs, forMs }) => this.nowMs >= fromMs && this.nowMs < fromMs + forMs,
    );
  }

  #needForge(): void {
    if (this.#isDown()) throw new DisintoError("forge.unavailable", "the forge is away");
  }

  /** Out to the forge and back. A process can be stopped before it sends, and before it hears. */
  #ask<Answer>(process: Process, act: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#wake(process, this.#later(), () => {
        const answer = settle(act);
        this.#wake(process, this.#later(), () => answer(resolve, reject));
      });
    });
  }

  #local<Answer>(process: Process, act: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#wake(process, this.nowMs + this.draw() * 50, () => settle(act)(resolve, reject));
    });
  }

  #later(): number {
    return this.nowMs + this.draw() ** 3 * this.#options.maxDelayMs;
  }

  #wake(process: Process, atMs: number, act: () => void): void {
    this.at(atMs, () => {
      if (process.dead) return;
      if (process.pausedUntilMs > this.nowMs) this.#wake(process, process.pausedUntilMs, act);
      else act();
    });
  }
}

/** Everything that was set going runs up to where it waits for an event. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type Settled<Answer> = (
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
) => void;

function settle<Answer>(act: () => Answer): Settled<Answer> {
  try {
    const answer = act();
    return (resolve) => resolve(answer);
  } catch (error) {
    return (_, reject) => reject(error);
  }
}
