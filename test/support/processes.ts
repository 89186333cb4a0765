/** Processes of the built command line, each by a name; all of them ended with the test that started them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { buildCli } from "./cli.ts";
import { until } from "./test-factory.ts";

export class Processes {
  readonly #running = new Map<string, Running>();

  start(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = machine(),
  ): void {
    if (this.isRunning(name)) throw new Error(`${name} runs already`);
    this.#running.set(name, new Running(args, env));
  }

  /** Answers its address when it listens. */
  async startForge(folder: string, port: number): Promise<string> {
    await buildCli();
    this.start("forge", ["forge", "serve", "--port", String(port), "--folder", folder]);
    await until("the forge listens", async () => {
      if (!this.isRunning("forge")) throw new Error(`the forge ended: ${this.output("forge")}`);
      return this.output("forge").includes("listens on");
    });
    return `http://127.0.0.1:${port}`;
  }

  isRunning(name: string): boolean {
    return this.#running.get(name)?.isRunning ?? false;
  }

  /** The end of what it wrote on both streams. */
  output(name: string): string {
    return this.#running.get(name)?.output ?? "";
  }

  /** Undefined until it has been started. */
  pid(name: string): number | undefined {
    return this.#running.get(name)?.child?.pid;
  }

  /** For SIGSTOP and SIGCONT. */
  signal(name: string, signal: NodeJS.Signals): void {
    this.#running.get(name)?.child?.kill(signal);
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(name: string): Promise<void> {
    await this.#running.get(name)?.end("SIGKILL");
  }

  /** SIGTERM, and waits until it has ended by itself. */
  async stop(name: string): Promise<void> {
    await this.#running.get(name)?.end("SIGTERM");
  }

  /** Waits for its own end. */
  async ended(name: string): Promise<number | null | undefined> {
    return this.#running.get(name)?.ended;
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map((one) => one.end("SIGKILL")));
  }
}

class Running {
  child: ChildProcess | undefined;
  output = "";
  readonly ended: Promise<number | null>;
  #started: Promise<ChildProcess>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#started = this.#start(args, env);
    this.ended = this.#started.then(async (child) => {
      if (this.isRunning) await once(child, "exit");
      return child.exitCode;
    });
    this.ended.catch(() => undefined);
  }

  get isRunning(): boolean {
    return !this.child || (this.child.exitCode === null && this.child.signalCode === null);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = await this.#started;
    child.kill(signal);
    // One that was stopped ends only when it goes on, unless it is killed.
    if (signal !== "SIGKILL") child.kill("SIGCONT");
    await this.ended;
  }

  async #start(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<ChildProcess> {
    const main = await buildCli();
    const child = spawn(process.execPath, [main, ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk).slice(-50_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    this.child = child;
    return child;
  }
}

function machine(): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", LANG: "C.UTF-8" };
}
