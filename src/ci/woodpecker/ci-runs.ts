/** The CI port over Woodpecker's REST API; the local CI answers the same requests. */
import * as z from "zod";
import type { RepoId } from "../../core/factory.ts";
import type { CiFailure, CiRuns, MissingAnswer } from "../../ports/ci.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Status } from "../../ports/forge.ts";
import { excerptLog } from "../log-excerpt.ts";
import { findWhyNotRun } from "../workflow-choice.ts";
import { type CiAccess, WoodpeckerHttp } from "./http.ts";
import {
  failsAlike,
  fitsEvent,
  hasWorkflow,
  isDecided,
  type Judgement,
  judgePipeline,
} from "./judgement.ts";
import { readLogLines } from "./log-lines.ts";
import { eventOf, isEcho, judgeMissing } from "./missing-answer.ts";
import { type Pipeline, PipelineShape, type PipelineStep, RepoShape } from "./shapes.ts";

export interface CiRunsOptions {
  readonly access: CiAccess;
  readonly repo: RepoId;
  readonly primaryBranch: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Logs go to a model and to the forge. */
  readonly redact: (text: string) => string;
  /** It knows of a commit what the forge told it by a webhook; else it looks for commits itself. */
  readonly needsWebhook: boolean;
}

/** The server's own limit of a page. */
const PAGE_SIZE = 50;
const MAX_PAGES = 10;
const MAX_LOG_CHARACTERS = 6_000;
/** Runs that are looked into; a workflow that none of them had is not known to fail there. */
const MAX_LOOKS = 20;

/** The server tells a step's end before its log is stored: it is read until it grows no more. */
const LOG_PAUSE_MS = 500;
const MAX_LOG_READS = 10;

export function buildCiRuns({ redact, ...options }: CiRunsOptions): CiRuns {
  const at = new Repository(options);
  return {
    explain: (sha, red) =>
      Promise.all(
        red.map(async (status) => {
          const failure = await explain(at, sha, status);
          return { ...failure, log: redact(failure.log) };
        }),
      ),
    findMissing: (sha, contexts) =>
      Promise.all(
        contexts.map(async (context) => {
          const answer = await findMissing(at, sha, context);
          if (answer.kind !== "broken") return { ...answer, log: redact(answer.log) };
          const { failure } = answer;
          return { ...answer, failure: { ...failure, log: redact(failure.log) } };
        }),
      ),
    explainNoRun: findWhyNotRun,
    retry: async (sha, contexts) => {
      const pipelines = await Promise.all(contexts.map((context) => at.find(sha, context)));
      if (pipelines.some((found) => found === undefined)) return false;
      for (const number of new Set(pipelines.map((found) => found?.number))) {
        await at.restart(number ?? 0);
      }
      return true;
    },
  };
}

async function explain(
  at: Repository,
  sha: string,
  { context, description }: Status,
): Promise<CiFailure> {
  const pipeline = await at.find(sha, context);
  if (!pipeline) return { context, kind: "real", log: description };
  const judgement = judgePipeline(pipeline, context);
  const { kind, suspectedCause } = judgement;
  const log = await describe(at, pipeline, { ...judgement, description });
  if (kind === "overdue") return explainOverdue(at, { pipeline, context, log });
  if (suspectedCause === undefined) return { context, kind, log };
  const primary = await at.findPrimary(context);
  if (primary && failsAlike(judgement, judgePipeline(primary, context)))
    return { context, kind: "installation", log };
  return { context, kind, isDoubtful: true, log };
}

interface Overdue {
  readonly pipeline: Pipeline;
  readonly context: string;
  readonly log: string;
}

/** Once it may have been a slow machine; what takes too long twice is the change's, unless the primary branch does too. */
async function explainOverdue(
  at: Repository,
  { pipeline, context, log }: Overdue,
): Promise<CiFailure> {
  const isOverdue = (one: Pipeline | undefined): boolean =>
    one !== undefined && judgePipeline(one, context).kind === "overdue";
  if (!isOverdue(await at.findBefore(pipeline, context))) return { context, kind: "overdue", log };
  const kind = isOverdue(await at.findPrimary(context)) ? "installation" : "real";
  return { context, kind, log: `${log}\nIts time limit ended it, as it did the run before.` };
}

async function findMissing(at: Repository, sha: string, context: string): Promise<MissingAnswer> {
  const { needsWebhook } = at;
  const pipeline = await at.find(sha, context);
  const answer = judgeMissing(pipeline, { context, needsWebhook });
  if (answer.kind !== "broken") return { ...answer, context };
  const failure = await explain(at, sha, { context, state: "failure", description: "" });
  if (failure.kind !== "infrastructure") return { context, kind: "broken", failure };
  // Nothing was begun that could be begun again: the CI has to be told of the commit once more.
  return { context, kind: "no-pipeline", event: eventOf(context), log: failure.log };
}

class Repository {
  readonly #http: WoodpeckerHttp;
  readonly #repo: RepoId;
  #id: Promise<number> | undefined;

  readonly #options: Omit<CiRunsOptions, "redact">;

  constructor(options: Omit<CiRunsOptions, "redact">) {
    this.#options = options;
    this.#repo = options.repo;
    this.#http = new WoodpeckerHttp(options.access, options.signal);
  }

  get needsWebhook(): boolean {
    return this.#options.needsWebhook;
  }

  async path(): Promise<string> {
    const { owner, name } = this.#repo;
    this.#id ??= this.#http
      .get(`/repos/lookup/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`, RepoShape)
      .then(({ id }) => id)
      .catch((error: unknown) => {
        this.#id = undefined;
        throw error;
      });
    return `/repos/${await this.#id}`;
  }

  /** The newest pipeline of a commit that can have set this context, with its steps. */
  find(sha: string, context: string): Promise<Pipeline | undefined> {
    return this.#findNewest((one) => one.commit === sha && fitsEvent(one, context) && !isEcho(one));
  }

  /** The one of the same commit and event before it. */
  findBefore({ number, commit, event }: Pipeline, context: string): Promise<Pipeline | undefined> {
    return this.#findNewest(
      (one) =>
        one.number < number &&
        one.commit === commit &&
        one.event === event &&
        fitsEvent(one, context),
    );
  }

  /** The primary branch's newest run of this context's workflow that is decided: a push may have been for others alone. */
  findPrimary(context: string): Promise<Pipeline | undefined> {
    const { primaryBranch } = this.#options;
    return this.#findNewest(
      (one) => one.event === "push" && one.branch === primaryBranch && isDecided(one),
      (whole) => hasWorkflow(whole, context),
    );
  }

  async restart(number: number): Promise<void> {
    await this.#http.send("POST", `${await this.path()}/pipelines/${number}`);
  }

  async #findNewest(
    wanted: (one: Pipeline) => boolean,
    fits: (whole: Pipeline) => boolean = () => true,
  ): Promise<Pipeline | undefined> {
    const path = await this.path();
    let left = MAX_LOOKS;
    for (let page = 1; page <= MAX_PAGES; page++) {
      const query = `page=${page}&perPage=${PAGE_SIZE}`;
      const part = await this.#http.get(`${path}/pipelines?${query}`, z.array(PipelineShape));
      for (const { number } of part.filter(wanted)) {
        const whole = await this.#http.get(`${path}/pipelines/${number}`, PipelineShape);
        if (fits(whole)) return whole;
        if (--left === 0) return undefined;
      }
      if (part.length < PAGE_SIZE) return undefined;
    }
    return undefined;
  }

  async log(pipeline: Pipeline, step: PipelineStep): Promise<string> {
    const { clock, signal } = this.#options;
    let known = await this.#readLog(pipeline, step);
    // It did not start, or was ended long before its end was told: nothing more is on its way.
    if (step.error !== "") return known;
    for (let reads = 1; reads < MAX_LOG_READS; reads++) {
      await clock.sleep(LOG_PAUSE_MS, signal);
      const text = await this.#readLog(pipeline, step);
      if (text === known && text !== "") break;
      known = text;
    }
    return known;
  }

  async #readLog(pipeline: Pipeline, { id }: PipelineStep): Promise<string> {
    const path = `${await this.path()}/logs/${pipeline.number}/${id}`;
    return (await readLogLines(this.#http, path)).join("\n");
  }
}

async function describe(
  at: Repository,
  pipeline: Pipeline,
  { steps, messages, description }: Judgement & { readonly description: string },
): Promise<string> {
  const room = Math.floor(MAX_LOG_CHARACTERS / Math.max(1, steps.length));
  const logs = await Promise.all(
    steps.map(async (step) => {
      const log = excerptLog(await at.log(pipeline, step), room);
      return `step ${step.name} ended with ${step.exit_code}:\n${log}`;
    }),
  );
  return [description, ...messages, ...logs].filter((part) => part !== "").join("\n");
}
