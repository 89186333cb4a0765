/** The local CI: looks for heads of open pull requests, runs their workflows, and runs again what it is asked to. */
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CiProject, RunSlot } from "./ci-project.ts";
import { type Run, type RunTools, runPipeline } from "./pipeline-run.ts";
import type { PipelineRecord } from "./pipelines.ts";

export interface CiTools extends Omit<RunTools, "slot"> {
  readonly projects: readonly CiProject[];
  readonly clock: Clock;
  readonly pollIntervalMs: number;
  /** So many runs at once, each alone with its own. */
  readonly slots: readonly RunSlot[];
}

/** A primary branch moves more seldom than heads are pushed. */
const LOOKS_PER_PUSH_LOOK = 5;

function findLastPush({ pipelines }: CiProject): string | undefined {
  return pipelines.newestFirst().find(({ event }) => event === "push")?.commit;
}

interface Job {
  readonly target: CiProject;
  readonly run: Run;
}

export class LocalCi {
  readonly #tools: CiTools;
  readonly #seen = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #asked: Job[] = [];
  readonly #idle: RunSlot[];
  /** What each primary branch was at when it was last looked at. */
  readonly #pushed = new Map<CiProject, string>();
  readonly #failing = new Set<string>();
  #looks = 0;

  constructor(tools: CiTools) {
    this.#tools = tools;
    this.#idle = [...tools.slots];
  }

  get projects(): readonly CiProject[] {
    return this.#tools.projects;
  }

  async serve(): Promise<void> {
    const { clock, pollIntervalMs, signal } = this.#tools;
    while (!signal.aborted) {
      const found = [...(await this.#findNewHeads()), ...(await this.#findPushes())];
      for (const job of [...this.#asked.splice(0), ...found]) {
        const slot = this.#idle.shift();
        if (slot) this.#start(job, slot);
        else this.#postpone(job);
      }
      await clock.sleep(pollIntervalMs, signal);
    }
    await Promise.all(this.#running);
  }

  /** As Woodpecker's restart: a new run of the same commit; its statuses are pending when this returns. */
  async restart(target: CiProject, record: PipelineRecord) {
    const { number, commit, branch, workflows, event, pull, before } = record;
    const origin = { event, ...(pull && { pull }), ...(before !== undefined && { before }) };
    for (const { context } of workflows) {
      await target.statuses.post(commit, {
        context,
        state: "pending",
        description: "to run again",
      });
    }
    this.#asked.push({ target, run: { ...origin, sha: commit, branch, parent: number } });
  }

  #postpone(job: Job): void {
    if (job.run.parent !== 0 || job.run.event === "push") this.#asked.push(job);
  }

  #start({ target, run }: Job, slot: RunSlot): void {
    if (run.event === "pull_request") this.#seen.add(run.sha);
    const running = runPipeline({ ...this.#tools, slot }, target, run).catch((error: unknown) => {
      this.#seen.delete(run.sha);
      this.#reportFailure(error);
    });
    this.#running.add(running);
    void running.finally(() => {
      this.#running.delete(running);
      this.#idle.push(slot);
    });
  }

  async #findNewHeads(): Promise<readonly Job[]> {
    try {
      const listed = await Promise.all(
        this.#tools.projects.map(async (target) =>
          (await target.pulls.listOpen()).map(({ number, head, headSha, baseSha, author }): Job => {
            const pull = { number, base: baseSha, author };
            const run: Run = { event: "pull_request", sha: headSha, branch: head, parent: 0, pull };
            return { target, run };
          }),
        ),
      );
      this.#endFailures();
      return listed.flat().filter(({ run }) => !this.#seen.has(run.sha));
    } catch (error) {
      this.#reportFailure(error);
      return [];
    }
  }

  /** Primary branches that were moved; as on Woodpecker, what was there before is not run. */
  async #findPushes(): Promise<readonly Job[]> {
    if (this.#looks++ % LOOKS_PER_PUSH_LOOK !== 0) return [];
    try {
      const found = await Promise.all(this.#tools.projects.map((one) => this.#findPush(one)));
      return found.filter((job) => job !== undefined);
    } catch (error) {
      this.#reportFailure(error);
      return [];
    }
  }

  async #findPush(target: CiProject): Promise<Job | undefined> {
    const branch = target.project.primaryBranch;
    const ref = `refs/heads/${branch}`;
    const sha = (await target.mirror.readRefs([ref])).get(ref);
    if (sha === undefined) return undefined;
    const before = this.#pushed.get(target) ?? findLastPush(target);
    this.#pushed.set(target, sha);
    if (before === undefined || before === sha) return undefined;
    return { target, run: { event: "push", sha, branch, parent: 0, before } };
  }

  /** The outside's failures are reported and tried again at the next look; anything else is a bug and ends the CI. */
  #reportFailure(error: unknown): void {
    const { events, pollIntervalMs, signal } = this.#tools;
    if (signal.aborted) return;
    if (!(error instanceof DisintoError)) throw error;
    this.#failing.add(error.code);
    events.append({
      type: "failure",
      code: error.code,
      message: error.message,
      retryInMs: pollIntervalMs,
    });
  }

  /** The forge answers again. */
  #endFailures(): void {
    for (const code of this.#failing) this.#tools.events.append({ type: "failure.ended", code });
    this.#failing.clear();
  }
}
