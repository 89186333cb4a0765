/** Reads what is open on the forge again and again, as a user who may only read; while it is away, what was last seen stands. */
import { formatPause, type Pause } from "../bot/leases/pauses.ts";
import type { Project } from "../core/factory.ts";
import type { Problem } from "../core/problems.ts";
import type { ForgeFacts, OpenIssue, PullFacts } from "../core/snapshot/snapshot.ts";
import type { Clock } from "../ports/clock.ts";
import type { Forge, Pull } from "../ports/forge.ts";

export interface ForgeReaderOptions {
  readonly forge: Forge;
  readonly projects: readonly Pick<Project, "name" | "repo">[];
  /** What people told bots to leave alone. */
  readonly pauses: () => Promise<readonly Pause[]>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onRead: (facts: ForgeFacts) => void;
}

const EVERY_MS = 5_000;
/** Checks and reviews of an unchanged head are read again only so often. */
const DETAILS_EVERY_MS = 20_000;

interface Details extends Pick<PullFacts, "checks" | "reviews"> {
  readonly headSha: string;
  readonly atMs: number;
}

export class ForgeReader {
  readonly #options: ForgeReaderOptions;
  readonly #details = new Map<string, Details>();
  #last: Omit<ForgeFacts, "problems"> = { issues: [], pulls: [] };
  #failedSince: string | undefined;

  constructor(options: ForgeReaderOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { clock, signal, onRead } = this.#options;
    while (!signal.aborted) {
      onRead(await this.#look());
      await clock.sleep(EVERY_MS, signal).catch(() => undefined);
    }
  }

  async #look(): Promise<ForgeFacts> {
    const { projects, clock, pauses } = this.#options;
    try {
      const read = await Promise.all(projects.map((project) => this.#readProject(project)));
      this.#last = {
        issues: read.flatMap(({ issues }) => issues),
        pulls: read.flatMap(({ pulls }) => pulls),
        pauses: (await pauses()).map((one) => ({ ...one, text: formatPause(one) })),
      };
      this.#failedSince = undefined;
      return { ...this.#last, problems: [] };
    } catch (error) {
      this.#failedSince ??= clock.now().toISOString();
      const message = error instanceof Error ? error.message : String(error);
      const problem: Problem = {
        kind: "forge",
        text: `the forge does not answer, and what it showed before stands here: ${message}`,
        since: this.#failedSince,
        command: "disinto doctor",
      };
      return { ...this.#last, problems: [problem] };
    }
  }

  async #readProject({ name: project, repo }: Pick<Project, "name" | "repo">) {
    const { forge } = this.#options;
    const [issues, pulls] = await Promise.all([
      forge.issues(repo).listOpen(),
      forge.pulls(repo).listOpen(),
    ]);
    return {
      issues: issues.map(({ number: issue, title, labels, createdAt }): OpenIssue => {
        return { project, issue, title, labels, createdAt };
      }),
      pulls: await Promise.all(
        pulls.map((pull) => this.#describePull({ name: project, repo }, pull)),
      ),
    };
  }

  async #describePull(
    { name: project, repo }: Pick<Project, "name" | "repo">,
    { number: pull, headSha, title }: Pull,
  ): Promise<PullFacts> {
    const { forge, clock } = this.#options;
    const key = `${project}!${pull}`;
    const known = this.#details.get(key);
    const atMs = clock.monotonicMs();
    const isFresh = known?.headSha === headSha && atMs - known.atMs < DETAILS_EVERY_MS;
    if (known && isFresh) return { project, pull, title, ...pick(known) };
    const [checks, reviews] = await Promise.all([
      forge.statuses(repo).of(headSha),
      forge.reviews(repo).of(pull),
    ]);
    const details: Details = {
      headSha,
      atMs,
      checks: checks.map(({ context, state }) => ({ context, state })),
      reviews: reviews.map(({ author, verdict, stale }) => ({ author, verdict, stale })),
    };
    this.#details.set(key, details);
    return { project, pull, title, ...pick(details) };
  }
}

function pick({ headSha, checks = [], reviews = [] }: Details) {
  return { headSha, checks, reviews };
}
