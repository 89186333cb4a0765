/** The runs of one commit as an operator follows them: steps in the order of their files, and each line once. */
import * as z from "zod";
import type { RepoId } from "../core/factory.ts";
import type { CiRun, CiRunReader } from "../ports/ci-run-reader.ts";
import type { Clock } from "../ports/clock.ts";
import type { CiRequests } from "./woodpecker/http.ts";
import { readLogLines } from "./woodpecker/log-lines.ts";
import { isEcho } from "./woodpecker/missing-answer.ts";
import { type Pipeline, PipelineShape, type PipelineStep, RepoShape } from "./woodpecker/shapes.ts";

const PAGE_SIZE = 50;
const MAX_PAGES = 10;
const PAUSE_MS = 1_000;
/** A step's end is told before its log is stored. */
const LOOKS_AFTER_END = 3;

const unfinished = new Set(["pending", "running", "blocked", "created"]);

const isOver = ({ status }: Pick<Pipeline, "status">): boolean => !unfinished.has(status);

interface Reading {
  readonly requests: CiRequests;
  readonly repo: RepoId;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export function buildRunReader({ requests, repo, clock, signal }: Reading): CiRunReader {
  const reader = new RunReader(requests, repo);
  return {
    newestOf: async (sha) => (await reader.newestOf(sha)).map(toRun),
    restart: (number) => reader.restart(number),
    follow: async (number, show) =>
      (await followRun(reader, number, { clock, signal, show })).status === "success",
  };
}

function toRun(pipeline: Pipeline): CiRun {
  const { number, event } = pipeline;
  return { number, event, isOver: isOver(pipeline) };
}

export class RunReader {
  readonly #requests: CiRequests;
  readonly #repo: RepoId;
  #id: Promise<{ readonly id: number }> | undefined;

  constructor(requests: CiRequests, repo: RepoId) {
    this.#requests = requests;
    this.#repo = repo;
  }

  /** The newest run of each event that has this commit, the oldest first. */
  async newestOf(sha: string): Promise<readonly Pipeline[]> {
    const path = await this.#path();
    const newest = new Map<string, number>();
    for (let page = 1; page <= MAX_PAGES; page++) {
      const query = `page=${page}&perPage=${PAGE_SIZE}`;
      const part = await this.#requests.get(`${path}/pipelines?${query}`, z.array(PipelineShape));
      for (const one of part)
        if (one.commit === sha && !isEcho(one) && !newest.has(one.event))
          newest.set(one.event, one.number);
      if (part.length < PAGE_SIZE) break;
    }
    const numbers = [...newest.values()].sort((a, b) => a - b);
    return Promise.all(numbers.map((number) => this.read(number)));
  }

  async read(number: number): Promise<Pipeline> {
    return this.#requests.get(`${await this.#path()}/pipelines/${number}`, PipelineShape);
  }

  async restart(number: number): Promise<void> {
    await this.#requests.send("POST", `${await this.#path()}/pipelines/${number}`);
  }

  /** Whole ones: the last of a step that runs may go on. */
  async lines({ number }: Pipeline, { id, state }: PipelineStep): Promise<readonly string[]> {
    const lines = await readLogLines(this.#requests, `${await this.#path()}/logs/${number}/${id}`);
    return state === "running" || lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  }

  async #path(): Promise<string> {
    const { owner, name } = this.#repo;
    const place = `${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
    this.#id ??= this.#requests.get(`/repos/lookup/${place}`, RepoShape);
    return `/repos/${(await this.#id).id}`;
  }
}

interface Following {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly show: (line: string) => void;
}

/** Shows what is there, then what comes, until the run is over; answers it as it was then. */
export async function followRun(
  reader: RunReader,
  number: number,
  { clock, signal, show }: Following,
): Promise<Pipeline> {
  const shown = new Map<number, number>();
  for (let afterEnd = 0; ; ) {
    const pipeline = await reader.read(number);
    const hasNewLines = await showNewLines(reader, pipeline, { shown, show });
    if (isOver(pipeline) && (!hasNewLines || ++afterEnd >= LOOKS_AFTER_END)) {
      for (const line of describeEnds(pipeline)) show(line);
      return pipeline;
    }
    await clock.sleep(PAUSE_MS, signal);
    signal.throwIfAborted();
  }
}

interface Shown {
  /** Lines of each step that were shown. */
  readonly shown: Map<number, number>;
  readonly show: (line: string) => void;
}

/** Whether there was anything that was not shown before. */
async function showNewLines(
  reader: RunReader,
  pipeline: Pipeline,
  { shown, show }: Shown,
): Promise<boolean> {
  const begun = (pipeline.workflows ?? []).flatMap(({ name, children }) =>
    (children ?? [])
      .filter(({ state }) => state !== "pending" && state !== "skipped")
      .map((step) => ({ step, title: `── ${name}: ${step.name}` })),
  );
  let any = false;
  for (const { step, title } of begun) {
    const lines = await reader.lines(pipeline, step);
    const before = shown.get(step.id);
    if (before === undefined) show(title);
    for (const line of lines.slice(before ?? 0)) show(line);
    any ||= lines.length > (before ?? -1);
    shown.set(step.id, Math.max(lines.length, before ?? 0));
  }
  return any;
}

function describeEnds({ number, event, status, errors, workflows }: Pipeline): readonly string[] {
  const failed = (workflows ?? []).flatMap(({ name, error, children }) => [
    ...(error === "" ? [] : [`${name}: ${error}`]),
    ...(children ?? [])
      .filter(({ state }) => state === "failure" || state === "killed")
      .map(
        (step) =>
          `${name}: ${step.name} ended with ${step.exit_code}${step.error && `: ${step.error}`}`,
      ),
  ]);
  const messages = (errors ?? []).map(({ message }) => message);
  return [...messages, ...failed, `run ${number} (${event}): ${status}`];
}
