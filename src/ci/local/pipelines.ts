/** What the local CI remembers of its runs, in files: the shapes are Woodpecker's, so that one adapter reads both. */
import { createWriteStream } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Writable } from "node:stream";

export interface StepRecord {
  readonly id: number;
  readonly name: string;
  readonly type: "commands";
  state: "pending" | "running" | "success" | "failure" | "killed" | "skipped";
  exit_code: number;
  error?: string;
  /** `ignore`: it may fail. */
  readonly failure?: "fail" | "ignore";
}

export interface WorkflowRecord {
  readonly name: string;
  readonly context: string;
  state: StepRecord["state"] | "error";
  error?: string;
  readonly children: readonly StepRecord[];
}

export interface PipelineRecord {
  readonly number: number;
  /** Number of the run that this one repeats; 0: of none. */
  readonly parent: number;
  readonly event: "pull_request" | "push";
  readonly commit: string;
  readonly branch: string;
  /** What a repetition needs to know again. */
  readonly pull?: { readonly number: number; readonly base: string; readonly author: string };
  readonly before?: string;
  status: "pending" | "running" | "success" | "failure" | "error" | "killed";
  errors: { readonly type: "linter"; readonly message: string; readonly is_warning: false }[];
  workflows: readonly WorkflowRecord[];
}

/** Older ones are forgotten. */
const KEPT = 300;

export class Pipelines {
  readonly #folder: string;
  readonly #records = new Map<number, PipelineRecord>();
  #last = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** What ran when the CI was last ended did not come to its end. */
  static async open(folder: string): Promise<Pipelines> {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o700);
    const pipelines = new Pipelines(folder);
    const files = (await readdir(folder)).filter((name) => /^\d+\.json$/.test(name));
    const numbers = files.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
    for (const number of numbers) {
      const record = await pipelines.#load(number);
      if (record) pipelines.#records.set(number, record);
      pipelines.#last = number;
    }
    return pipelines;
  }

  create(run: Omit<PipelineRecord, "number" | "status" | "errors" | "workflows">): PipelineRecord {
    const number = ++this.#last;
    const record: PipelineRecord = {
      ...run,
      number,
      status: "pending",
      errors: [],
      workflows: [],
    };
    this.#records.set(number, record);
    return record;
  }

  get(number: number): PipelineRecord | undefined {
    return this.#records.get(number);
  }

  newestFirst(): readonly PipelineRecord[] {
    return [...this.#records.values()].reverse();
  }

  async save(record: PipelineRecord): Promise<void> {
    await writeFile(this.#path(record.number), JSON.stringify(record), { mode: 0o600 });
    const forgotten = [...this.#records.values()].slice(0, -KEPT);
    for (const old of forgotten) await this.forget(old);
  }

  async saveLog(number: number, step: number, text: string): Promise<void> {
    await writeFile(this.#logPath(number, step), text, { mode: 0o600 });
  }

  /** For what a step writes while it runs; what cannot be written is lost until `saveLog`. */
  openLog(number: number, step: number): Writable {
    const log = createWriteStream(this.#logPath(number, step), { mode: 0o600 });
    return log.on("error", () => {});
  }

  readLog(number: number, step: number): Promise<string> {
    return readFile(this.#logPath(number, step), "utf8").catch(() => "");
  }

  async #load(number: number): Promise<PipelineRecord | undefined> {
    try {
      const record = JSON.parse(await readFile(this.#path(number), "utf8")) as PipelineRecord;
      const isOver = record.status !== "running" && record.status !== "pending";
      return isOver ? record : { ...record, status: "killed" };
    } catch {
      // Half written when the CI was killed: only its log is lost.
      return undefined;
    }
  }

  async forget({ number, workflows }: PipelineRecord): Promise<void> {
    this.#records.delete(number);
    const steps = workflows.flatMap(({ children }) => children);
    const files = [this.#path(number), ...steps.map(({ id }) => this.#logPath(number, id))];
    for (const file of files) await rm(file, { force: true });
  }

  #path(number: number): string {
    return path.join(this.#folder, `${number}.json`);
  }

  #logPath(number: number, step: number): string {
    return path.join(this.#folder, `${number}-${step}.log`);
  }
}
