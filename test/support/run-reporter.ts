/** Says what a test run is going to do and to skip, shows that it gets on, and ends with the minutes of each part. */
import path from "node:path";
import type { Reporter, TestCase, TestModule, TestSpecification } from "vitest/node";
import { hasEarlierVersion } from "./earlier-version.ts";
import { partOf, parts } from "./parts.mjs";
import {
  agentsMissing,
  agentsRequired,
  findAgentsFolder,
  findDocker,
  llamaMissing,
  llamaProgram,
} from "./requirements.ts";

const EVERY_MS = 20_000;
const checkout = path.join(import.meta.dirname, "../..");

export class RunReporter implements Reporter {
  readonly #running = new Map<string, number>();
  readonly #minutes = new Map<string, number>();
  readonly #attacks = { tried: 0, refused: 0 };
  #begun = 0;
  #workers = 1;
  #all = 0;
  #ended = 0;
  #timer: NodeJS.Timeout | undefined;

  onInit({ config }: Parameters<NonNullable<Reporter["onInit"]>>[0]): void {
    this.#workers = Number(config.maxWorkers) || 1;
  }

  async onTestRunStart(specifications: readonly TestSpecification[]): Promise<void> {
    this.#begun = Date.now();
    this.#all = specifications.length;
    say(`${this.#all} test files, ${this.#workers} at a time`);
    for (const line of await describeRequirements()) say(line);
    this.#timer = setInterval(() => this.#showProgress(), EVERY_MS);
    this.#timer.unref();
  }

  onTestModuleStart({ moduleId }: TestModule): void {
    this.#running.set(path.relative(checkout, moduleId), Date.now());
  }

  onTestModuleEnd({ moduleId, children }: TestModule): void {
    const file = path.relative(checkout, moduleId);
    if (file.startsWith("test/attacks/")) this.#countAttacks([...children.allTests()]);
    const minutes = (Date.now() - (this.#running.get(file) ?? Date.now())) / 60_000;
    this.#running.delete(file);
    this.#ended += 1;
    const { name } = partOf(file);
    this.#minutes.set(name, (this.#minutes.get(name) ?? 0) + minutes);
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
    const { tried, refused } = this.#attacks;
    if (tried > 0) say(`test/attacks: ${tried} kinds of attack tried, ${refused} refused`);
    if (this.#all < 20) return;
    say(`minutes of each part, with ${this.#workers} files at a time, and what it may take`);
    for (const { name, budgetMinutes } of parts) {
      const minutes = (this.#minutes.get(name) ?? 0) / this.#workers;
      const mark = minutes > budgetMinutes ? "  over" : "";
      say(`${name.padEnd(22)} ${minutes.toFixed(1).padStart(5)} of ${budgetMinutes}${mark}`);
    }
  }

  /** Each test passes when all of its variants were refused; what begins with "control:" is no attack. */
  #countAttacks(tests: readonly TestCase[]): void {
    const attacks = tests.filter(({ name }) => !name.startsWith("control:"));
    const states = attacks.map((one) => one.result().state).filter((state) => state !== "skipped");
    this.#attacks.tried += states.length;
    this.#attacks.refused += states.filter((state) => state === "passed").length;
  }

  #showProgress(): void {
    const minutes = ((Date.now() - this.#begun) / 60_000).toFixed(1);
    const files = [...this.#running.keys()].map((file) => path.basename(file));
    say(`${minutes} min: ${this.#ended} of ${this.#all} files done; now ${files.join(", ")}`);
  }
}

async function describeRequirements(): Promise<readonly string[]> {
  const docker = await findDocker();
  const { isFilled } = findAgentsFolder();
  const hasAgents = isFilled || agentsRequired;
  const skipped = "missing" in docker || !hasAgents;
  return [
    "missing" in docker
      ? `Docker scenarios are skipped: ${docker.missing}`
      : `Docker scenarios run, on ${docker.base}`,
    hasAgents
      ? "tests of real coding agents run"
      : `tests of real coding agents are skipped: ${agentsMissing}`,
    llamaProgram === ""
      ? `tests at a real llama-server are skipped: ${llamaMissing}`
      : "tests at a real llama-server run",
    (await hasEarlierVersion())
      ? "the test of a factory of the version before runs"
      : "the test of a factory of the version before is skipped: this clone has no history of it",
    ...(skipped
      ? ["npm run test:all runs everything: it needs Docker and fetches the agents"]
      : []),
  ];
}

function say(line: string): void {
  process.stderr.write(`tests: ${line}\n`);
}
