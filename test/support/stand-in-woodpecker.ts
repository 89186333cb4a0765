/**
 * Answers as Woodpecker did (test/ci-answers/woodpecker.json, recorded from a real server), for a repository of an
 * embedded forge. It hears of commits as by webhooks, from the timelines of pull requests and from pushes, unless told to
 * miss them.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { type HttpServer, requireToken, serveHttp } from "../../src/adapters/http-server.ts";
import type { BotFixture } from "./bot-fixture.ts";

interface Recorded {
  readonly files: Readonly<Record<string, string>>;
  readonly sha: string;
  readonly pipelines: readonly RecordedPipeline[];
  readonly logs: Readonly<Record<string, unknown>>;
  readonly statuses: readonly {
    readonly state: string;
    readonly context: string;
    readonly description: string;
  }[];
}

interface RecordedPipeline {
  readonly number: number;
  readonly parent: number;
  readonly event: string;
  readonly status: string;
  readonly commit: string;
  readonly workflows?: unknown;
}

const file = new URL("../ci-answers/woodpecker.json", import.meta.url);
export const recorded: Readonly<Record<string, Recorded>> = JSON.parse(
  readFileSync(file, "utf8"),
).cases;

/** `isTold`: the statuses come to the forge. */
interface Answer {
  readonly name: string;
  readonly isTold: boolean;
}

export class StandInWoodpecker {
  readonly token = "stand-in-token";
  /** What each next run is, the last one again and again. */
  readonly answers: (string | Answer)[];
  /** What its workflow files' `when` lets through. */
  events: readonly string[] = ["pull_request"];
  /** Webhooks that are lost from now on. */
  lost = 0;
  readonly requests: string[] = [];
  readonly #pipelines: (RecordedPipeline & { readonly of: string })[] = [];
  readonly #stopped = new AbortController();
  #server: HttpServer | undefined;
  #hearing: Promise<void> = Promise.resolve();

  constructor(answers: readonly (string | Answer)[]) {
    this.answers = [...answers];
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server?.port}`;
  }

  /** The commits that it knows runs of. */
  get heard(): readonly string[] {
    return this.#pipelines.map(({ event, commit }) => `${event} ${commit}`);
  }

  async serve(bench?: BotFixture): Promise<void> {
    const app = new Hono().basePath("/api/repos");
    app.use(requireToken(this.token));
    app.use(async ({ req }, next) => {
      this.requests.push(`${req.method} ${req.path}`);
      return next();
    });
    app.get("/lookup/:owner/:name", (context) =>
      context.json({ id: 1, active: true, full_name: "root/shop" }),
    );
    app.get("/1/pipelines", (context) => {
      const page = Number(context.req.query("page") ?? 1);
      return context.json(page > 1 ? [] : this.#pipelines.map(withoutWorkflows).reverse());
    });
    app.get("/1/pipelines/:number", (context) => {
      const found = this.#find(context.req.param("number"));
      return found ? context.json(found) : context.body(null, 404);
    });
    app.post("/1/pipelines/:number", async (context) => {
      const found = this.#find(context.req.param("number"));
      if (!found) return context.body(null, 404);
      const parent = found.number;
      return context.json(await this.#begin(found.event, found.commit, { bench, parent }));
    });
    app.get("/1/logs/:number/:step", (context) => {
      const found = this.#find(context.req.param("number"));
      const logs = found ? (recorded[found.of]?.logs ?? {}) : {};
      const key = Object.keys(logs).find((one) => one.endsWith(`/${context.req.param("step")}`));
      return context.json(key === undefined ? null : (logs[key] as object));
    });
    this.#server = await serveHttp(app, { bind: "127.0.0.1", port: 0 });
    if (bench) this.#hearing = this.#hear(bench);
  }

  /** As a delivery of the forge's webhook. */
  async tell(event: string, commit: string, bench?: BotFixture): Promise<void> {
    await this.#begin(event, commit, { bench, parent: 0 });
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#hearing;
    this.#server?.close();
  }

  #find(number: string) {
    return this.#pipelines.find((one) => String(one.number) === number);
  }

  #next(): Answer {
    const next = (this.answers.length > 1 ? this.answers.shift() : this.answers[0]) ?? "green";
    return typeof next === "string" ? { name: next, isTold: true } : next;
  }

  async #begin(
    event: string,
    commit: string,
    { bench, parent }: { readonly bench: BotFixture | undefined; readonly parent: number },
  ) {
    const { name, isTold } = this.#next();
    const answer = recorded[name];
    if (!answer) throw new Error(`no answer ${name} was recorded`);
    const pipeline = answer.pipelines.find((one) => one.event === event) ?? answer.pipelines[0];
    // What Woodpecker leaves out leaves no trace.
    if (!pipeline) return {};
    const number = this.#pipelines.length + 1;
    const from = parent || (pipeline.parent > 0 ? number - 1 : 0);
    const made = { ...pipeline, number, parent: from, commit, event, of: name };
    this.#pipelines.push(made);
    for (const { state, context, description } of isTold ? answer.statuses : []) {
      const part = event === "push" ? "push" : "pr";
      const status = { state, description, context: context.replace("/pr/", `/${part}/`) };
      await bench?.ada("POST", `${bench.repositoryPath}/statuses/${commit}`, status);
    }
    return made;
  }

  async #hear(bench: BotFixture): Promise<void> {
    const { signal } = this.#stopped;
    const path = bench.repositoryPath;
    const seen = new Set<string>();
    const hear = async (key: string, event: string, commit: string): Promise<void> => {
      if (seen.has(key) || !this.events.includes(event)) return;
      seen.add(key);
      if (this.lost > 0) this.lost -= 1;
      else await this.#begin(event, commit, { bench, parent: 0 });
    };
    while (!signal.aborted && path === bench.repositoryPath) {
      for (const { number, head, state } of await bench.pulls()) {
        if (String(state) !== "open") continue;
        const sha = String(head?.sha);
        const acts = (await bench.get(`/issues/${number}/timeline`)) as unknown as
          | {
              readonly id: number;
              readonly type: string;
            }[]
          | null;
        const reopened = (acts ?? []).filter(({ type }) => type === "reopen").length;
        await hear(`push ${sha}`, "push", sha);
        for (let times = 0; times <= reopened; times++)
          await hear(`pull ${sha} ${times}`, "pull_request", sha);
      }
      await sleep(20, undefined, { signal }).catch(() => undefined);
    }
  }
}

function withoutWorkflows({ workflows: _, of: __, ...rest }: RecordedPipeline & { of: string }) {
  return rest;
}
