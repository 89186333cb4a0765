/** A real llama-server for tests, where the machine has one (test/support/requirements.ts). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { findFreePort } from "../support/fleet.ts";
import { llamaProgram } from "../support/requirements.ts";
import { until } from "../support/test-factory.ts";

export const hasLlama = llamaProgram !== "";

interface Starting {
  readonly port?: number;
  /** Answered by another condition than that it has loaded. */
  readonly isLoaded?: boolean;
  /** That it asks for; in its environment, since arguments can be read by all. */
  readonly key?: string;
}

export class LlamaServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** With llama-server's own arguments; answers when it has loaded. */
  static async start(args: readonly string[], { port, isLoaded = true, key }: Starting = {}) {
    const at = port ?? (await findFreePort());
    const small = ["-t", "1", "-tb", "1", "--port", String(at)];
    const child = spawn(llamaProgram, [...small, ...args], {
      stdio: "ignore",
      detached: true,
      env: { ...process.env, ...(key !== undefined && { LLAMA_API_KEY: key }) },
    });
    const server = new LlamaServer(`http://127.0.0.1:${at}`, child);
    if (isLoaded) await until("llama-server has loaded", () => server.#answers("/health"), 120_000);
    return server;
  }

  /** That it works on at this moment. */
  async countRequests(key = ""): Promise<number> {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${this.url}/slots`, { headers });
    const slots = (await response.json()) as readonly { is_processing: boolean }[];
    return slots.filter((slot) => slot.is_processing).length;
  }

  /** One of its own counts (`--metrics`). */
  async readMetric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return Number(new RegExp(`^llamacpp:${name} (\\S+)$`, "m").exec(text)?.[1]);
  }

  /** As its operator sees it hang: it keeps its connections and says nothing. */
  pause(): void {
    process.kill(-(this.#child.pid ?? 0), "SIGSTOP");
  }

  resume(): void {
    process.kill(-(this.#child.pid ?? 0), "SIGCONT");
  }

  /** As on a machine that is as many times slower; answers how to end it. */
  slowDown(times: number): () => void {
    const turnMs = 1_000;
    let rest: NodeJS.Timeout | undefined;
    this.pause();
    const turn = setInterval(() => {
      this.resume();
      rest = setTimeout(() => this.pause(), turnMs / times);
    }, turnMs);
    return () => {
      clearInterval(turn);
      clearTimeout(rest);
      this.resume();
    };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    process.kill(-(this.#child.pid ?? 0), "SIGKILL");
    await gone;
  }

  async #answers(page: string): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error("llama-server ended");
    return fetch(`${this.url}${page}`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}
