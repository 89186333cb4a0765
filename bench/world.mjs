/**
 * Bots for figures: real processes of the built command line over an embedded forge with its real rules, set up by the
 * scenarios' own support. CI and the review are played here, so that they take exactly as long as is said.
 */
import { spawn } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const main = path.resolve("dist/main.js");
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const packages = Object.keys(manifest.dependencies);
const external = (id) => packages.some((name) => id === name || id.startsWith(`${name}/`));

export const repo = { owner: "disinto-admin", name: "greeter" };
export const pollSeconds = 1;

let support;

/** Modules of test/ and src/, bundled because Node 20 reads no TypeScript; each finds its files where it stands. */
export function loadSupport() {
  support ??= bundleSupport();
  return support;
}

async function bundleSupport() {
  const modules = [
    "test/support/factory-description.ts",
    "test/support/scene.ts",
    "test/model-server/server.ts",
    "test/agents/install.ts",
    "src/harness/wiring.ts",
    "src/harness/claude-code/agent.ts",
  ];
  const input = Object.fromEntries(modules.map((file) => [path.basename(file, ".ts"), file]));
  const bundle = await rolldown({ input, platform: "node", external, plugins: [inPlace()] });
  const dir = path.resolve(`node_modules/.cache/disinto-bench-support-${process.pid}`);
  await bundle.write({ dir, cleanDir: true, entryFileNames: "[name].mjs" });
  const loaded = Object.keys(input).map(
    (name) => import(pathToFileURL(path.join(dir, `${name}.mjs`)).href),
  );
  return Object.assign({}, ...(await Promise.all(loaded)));
}

/** The command line under measure is the built one, not the one that records its answers for tests. */
function inPlace() {
  const cli = path.resolve("test/support/cli.ts");
  const stands = `import { execFileSync } from "node:child_process";
export const buildCli = async () => ${JSON.stringify(main)};
export const runCli = async (folder, args) => {
  const argv = [${JSON.stringify(main)}, "--factory", folder, ...args];
  return { stdout: execFileSync(process.execPath, argv, { encoding: "utf8" }) };
};`;
  return {
    name: "in-place",
    load: (id) => (id === cli ? stands : undefined),
    transform: (code, id) =>
      code
        .replaceAll("import.meta.dirname", JSON.stringify(path.dirname(id)))
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)),
  };
}

/** `dist/main.js` with these texts of a module exchanged, for what is to be compared with the product as it is. */
export async function buildVariant(name, { file, from, to }) {
  const target = path.resolve(file);
  let changed = 0;
  const change = (code, id) => {
    if (id !== target || !code.includes(from)) return undefined;
    changed += 1;
    return code.replace(from, to);
  };
  const plugins = [{ name: "variant", transform: change }];
  const bundle = await rolldown({
    input: { main: "src/main.ts" },
    platform: "node",
    external,
    plugins,
  });
  const dist = path.resolve(`node_modules/.cache/disinto-bench-${name}/dist`);
  await bundle.write({ dir: dist, cleanDir: true });
  if (changed === 0) throw new Error(`${file} has no ${from}: the variant would be the product`);
  for (const part of ["package.json", "prompts"])
    cpSync(part, path.join(dist, "..", part), { recursive: true });
  return path.join(dist, "main.js");
}

/** A bot as a process, and what it says as it says it. */
export class Bot {
  events = [];
  #child;
  #output = "";
  #onEvent;
  #port;

  constructor({ environment, port, program = main, onEvent = () => undefined }) {
    this.#onEvent = onEvent;
    this.#port = port;
    const env = { ...environment, ...(port && { AGENT_HEALTH_PORT: String(port) }) };
    const stdio = ["ignore", "pipe", "pipe"];
    this.#child = spawn(process.execPath, [program, "agent", "run"], { env, stdio });
    createInterface(this.#child.stdout).on("line", (line) => this.#hear(line));
    this.#child.stderr.on("data", (chunk) => {
      this.#output = (this.#output + chunk).slice(-5000);
    });
  }

  get pid() {
    return this.#child.pid;
  }

  of(type) {
    return this.events.filter((event) => event.type === type);
  }

  assertRuns() {
    if (this.#child.exitCode !== null) throw new Error(`a bot ended: ${this.#output}`);
  }

  /** Requests to the forge by kind, as it counts them. */
  async readTraffic() {
    const text = await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text();
    const found = text.matchAll(/^disinto_forge_requests_total\{kind="(\w+)"\} (\d+)/gm);
    return Object.fromEntries([...found].map(([, kind, value]) => [kind, Number(value)]));
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await closed;
  }

  #hear(line) {
    if (!line.startsWith("{")) return;
    const event = JSON.parse(line);
    const heard = { ...event, ms: Date.parse(event.time) };
    this.events.push(heard);
    this.#onEvent(heard);
  }
}

/** A forge with a repository, a number of dev bots that may run, and CI and review as they are played. */
export async function openWorld({ devs, coder, ciMs = 0, plays = "ci-and-review" }) {
  const { Scene, Template, scriptedCoder } = await loadSupport();
  const names = Array.from({ length: devs }, (_, index) => `dev-${index + 1}`);
  const cast = { devs: names, reviewers: ["review-1"], coder: coder ?? scriptedCoder };
  const template = await Template.create(cast);
  const scene = await Scene.open(template);
  const bots = [];
  const playing = new Attendance(scene, { ciMs, reviews: plays === "ci-and-review" });
  const start = (name, options = {}) => {
    const environment = {
      ...scene.environmentOf(name),
      AGENT_POLL_INTERVAL: String(pollSeconds),
      ...options.environment,
    };
    const onEvent = (event) => playing.hear(event);
    const bot = new Bot({ ...options, environment, onEvent });
    bots.push(bot);
    return bot;
  };
  const close = async () => {
    await Promise.all(bots.map((bot) => bot.end()));
    await playing.end();
    await scene.close();
    await template.discard();
  };
  const issues = scene.forge.issues(repo);
  return { scene, issues, names, bots, start, close, posted: playing.posted };
}

/** Hears of a head when its bot does, so that no polling of ours is in a figure. */
class Attendance {
  /** By head: when CI said that it is green. */
  posted = new Map();
  #scene;
  #options;
  #stop = new AbortController();
  #working = new Set();

  constructor(scene, options) {
    this.#scene = scene;
    this.#options = options;
  }

  hear({ type, at, pull }) {
    if (type !== "state.entered" || at !== "checking") return;
    const work = this.#attend(pull).catch((error) => {
      if (!this.#stop.signal.aborted) throw error;
    });
    this.#working.add(work);
    void work.finally(() => this.#working.delete(work));
  }

  async end() {
    this.#stop.abort();
    await Promise.allSettled(this.#working);
  }

  async #attend(number) {
    const reviewer = this.#scene.as("review-1");
    const { headSha: sha } = await reviewer.pulls(repo).get(number);
    if (this.posted.has(sha)) return;
    this.posted.set(sha, Number.NaN);
    const { ciMs, reviews } = this.#options;
    if (reviews) {
      const review = { sha, verdict: "approved", body: "", comments: [] };
      await reviewer.reviews(repo).submit(number, review);
    }
    if (ciMs > 0) await sleep(ciMs, undefined, { signal: this.#stop.signal });
    const status = { context: "ci/local/test", state: "success", description: "fine" };
    await this.#scene.as("ci").statuses(repo).post(sha, status);
    this.posted.set(sha, Date.now());
  }
}

/** Looks at what is here already, so looking often costs nobody anything; the limit only bounds a failure. */
export async function until(what, look, limitMs = 600_000) {
  const sinceMs = performance.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() - sinceMs > limitMs) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}

/** What one issue asks of the scripted coder: a file of its own. */
export function describeOwnFile(name) {
  return `\`\`\`file src/${name}.mjs\nexport const name = "${name}";\n\`\`\`\n`;
}

export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
}
