/** The factory as it is now, from all that was handed in; tells who listens that it changed. */
import { BACKLOG, BLOCKED } from "../bot/issue/choose.ts";
import type { StampedEvent } from "../core/bot-status.ts";
import type { Project } from "../core/factory.ts";
import type { ServiceStatus } from "../core/service-status.ts";
import { FactoryHistory } from "../core/snapshot/history.ts";
import {
  type Connection,
  deriveSnapshot,
  type ForgeFacts,
  hasStopped,
  NO_FORGE,
  type Snapshot,
} from "../core/snapshot/snapshot.ts";

/** As the operator's commands last wrote it. */
export interface EngineFacts {
  readonly at: string;
  readonly services: readonly ServiceStatus[];
}

/** What the projects' files say. */
export type ProjectFacts = Pick<Project, "name" | "network">;

export interface ViewOptions {
  readonly now: () => Date;
  /** False where nobody connects: events are read from files. */
  readonly hasConnections: boolean;
}

/** Several changes within it are told once. */
const GATHER_MS = 150;
/** A snapshot tells how long ago things were; it is derived anew at least this often. */
const MAX_AGE_MS = 1_000;

type Topic = "factory" | "transcripts";

export class FactoryView {
  readonly history = new FactoryHistory();
  readonly connections = new Map<string, Connection>();
  engine: EngineFacts | undefined;
  #projects: readonly ProjectFacts[] = [];
  readonly #options: ViewOptions;
  readonly #listeners = new Set<(topics: ReadonlySet<Topic>) => void>();
  readonly #changed = new Set<Topic>();
  #forge: ForgeFacts = NO_FORGE;
  #others = 0;
  #cached: { at: number; version: string; snapshot: Snapshot } | undefined;

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  get now(): Date {
    return this.#options.now();
  }

  /** The same before and after a restart, as long as nothing happened. */
  get version(): string {
    return `${this.history.count}.${this.#others}`;
  }

  snapshot(): Snapshot {
    const nowMs = performance.now();
    const cached = this.#cached;
    if (cached?.version === this.version && nowMs - cached.at < MAX_AGE_MS) return cached.snapshot;
    const { hasConnections } = this.#options;
    const facts = {
      now: this.now.toISOString(),
      history: this.history,
      forge: this.#forge,
      services: this.engine?.services ?? [],
      projects: this.#projects,
      ...(hasConnections && { connections: this.connections }),
    };
    const snapshot = deriveSnapshot(facts, { backlog: BACKLOG, blocked: BLOCKED });
    this.#cached = { at: nowMs, version: this.version, snapshot };
    return snapshot;
  }

  /** What a new version of a bot tells that this one does not know is kept, and shown nowhere. */
  add(event: StampedEvent): void {
    try {
      this.history.add(event);
    } catch {
      return;
    }
    this.#tell("factory");
  }

  setForge(facts: ForgeFacts): void {
    if (JSON.stringify(facts) === JSON.stringify(this.#forge)) return;
    this.#forge = facts;
    this.#change();
  }

  setOperatorFacts(engine: EngineFacts | undefined, projects: readonly ProjectFacts[]): void {
    this.engine = engine;
    this.#projects = projects;
    this.#change();
  }

  openConnection(bot: string): void {
    this.connections.set(bot, { isOpen: true, since: this.now.toISOString() });
    this.#change();
  }

  /** What was ended by the bot itself is no loss. */
  closeConnection(bot: string, isEnded: boolean): void {
    if (isEnded) this.connections.delete(bot);
    else this.connections.set(bot, { isOpen: false, since: this.now.toISOString() });
    this.#change();
  }

  /** Who ran when this process began, and has not been heard since. */
  expectConnections(): void {
    for (const [bot, status] of this.history.statuses) {
      if (this.connections.has(bot) || hasStopped(status)) continue;
      const since = status.lastEventAt ?? this.now.toISOString();
      this.connections.set(bot, { isOpen: false, since });
    }
    this.#change();
  }

  noteTranscript(): void {
    this.#tell("transcripts");
  }

  listen(listener: (topics: ReadonlySet<Topic>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #change(): void {
    this.#others++;
    this.#tell("factory");
  }

  #tell(topic: Topic): void {
    if (this.#listeners.size === 0) return;
    if (this.#changed.size === 0)
      setTimeout(() => {
        const topics = new Set(this.#changed);
        this.#changed.clear();
        for (const listener of this.#listeners) listener(topics);
      }, GATHER_MS).unref();
    this.#changed.add(topic);
  }
}
