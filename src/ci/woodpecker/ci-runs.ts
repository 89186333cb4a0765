/** The CI port over Woodpecker's REST API; the local CI answers the same requests. */
import * as z from "zod";
import type { RepoId } from "../../core/factory.ts";
import type { CiFailure, CiRuns } from "../../ports/ci.ts";
import type { Status } from "../../ports/forge.ts";
import { excerptLog } from "../log-excerpt.ts";
import { type CiAccess, WoodpeckerHttp } from "./http.ts";
import { fitsEvent, type Judgement, judgePipeline } from "./judgement.ts";
import { LogShape, type Pipeline, PipelineShape, type PipelineStep, RepoShape } from "./shapes.ts";

export interface CiRunsOptions {
  readonly access: CiAccess;
  readonly repo: RepoId;
  readonly signal?: AbortSignal;
  /** Logs go to a model and to the forge. */
  readonly redact: (text: string) => string;
}

/** The server's own limit of a page. */
const PAGE_SIZE = 50;
const MAX_PAGES = 10;
const MAX_LOG_CHARACTERS = 6_000;

export function buildCiRuns({ access, repo, signal, redact }: CiRunsOptions): CiRuns {
  const http = new WoodpeckerHttp(access, signal);
  const at = new Repository(http, repo);
  return {
    explain: (sha, red) =>
      Promise.all(
        red.map(async (status) => {
          const failure = await explain(at, sha, status);
          return { ...failure, log: redact(failure.log) };
        }),
      ),
    retry: async (sha, contexts) => {
      const pipelines = await Promise.all(contexts.map((context) => at.find(sha, context)));
      if (pipelines.some((found) => found === undefined)) return false;
      for (const number of new Set(pipelines.map((found) => found?.number))) {
        await http.send("POST", `${await at.path()}/pipelines/${number}`);
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
  return {
    context,
    kind: judgement.kind,
    log: await describe(at, pipeline, judgement, description),
  };
}

class Repository {
  readonly #http: WoodpeckerHttp;
  readonly #repo: RepoId;
  #id: Promise<number> | undefined;

  constructor(http: WoodpeckerHttp, repo: RepoId) {
    this.#http = http;
    this.#repo = repo;
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
  async find(sha: string, context: string): Promise<Pipeline | undefined> {
    const path = await this.path();
    for (let page = 1; page <= MAX_PAGES; page++) {
      const query = `page=${page}&perPage=${PAGE_SIZE}`;
      const part = await this.#http.get(`${path}/pipelines?${query}`, z.array(PipelineShape));
      const found = part.find((one) => one.commit === sha && fitsEvent(one, context));
      if (found) return this.#http.get(`${path}/pipelines/${found.number}`, PipelineShape);
      if (part.length < PAGE_SIZE) return undefined;
    }
    return undefined;
  }

  async log(pipeline: Pipeline, { id }: PipelineStep): Promise<string> {
    const entries = await this.#http.get(
      `${await this.path()}/logs/${pipeline.number}/${id}`,
      LogShape,
    );
    return (entries ?? [])
      .filter(({ type }) => type <= 1)
      .toSorted((a, b) => a.line - b.line)
      .map(({ data }) => Buffer.from(data ?? "", "base64").toString("utf8"))
      .join("\n");
  }
}

async function describe(
  at: Repository,
  pipeline: Pipeline,
  { steps, words }: Judgement,
  description: string,
): Promise<string> {
  const room = Math.floor(MAX_LOG_CHARACTERS / Math.max(1, steps.length));
  const logs = await Promise.all(
    steps.map(async (step) => {
      const log = excerptLog(await at.log(pipeline, step), room);
      return `step ${step.name} ended with ${step.exit_code}:\n${log}`;
    }),
  );
  return [description, ...words, ...logs].filter((part) => part !== "").join("\n");
}
