/** Builds the adapters and hands them to the commands as ports; each is loaded only when a command asks for it. */
import { readFileSync } from "node:fs";
import { text as readStream } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { buildOutput } from "./adapters/output.ts";
import { systemClock } from "./adapters/system-clock.ts";
import { buildScreen } from "./adapters/terminal-screen.ts";
import type { Tools } from "./cli/tools.ts";
import { Redactor } from "./core/redactor.ts";
import type { Originals } from "./ports/originals.ts";
import type { Repositories } from "./ports/repositories.ts";
import { serviceSecrets } from "./settings/service-secrets.ts";

const command = [process.execPath, fileURLToPath(new URL("main.js", import.meta.url))] as const;
/** Bundled or not, this file stands one folder below it. */
const packageFolder = fileURLToPath(new URL("..", import.meta.url));

function readVersion(): string {
  const text = readFileSync(`${packageFolder}package.json`, "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Loads git's adapter with the first call; most commands need none. */
function openRepositories(): Repositories {
  const load = async () => (await import("./adapters/git/repositories.ts")).repositories;
  return {
    init: async (...given) => (await load()).init(...given),
    describe: async (folder) => (await load()).describe(folder),
    mirror: async (url, folder) => (await load()).mirror(url, folder),
    cloneDefaultBranch: async (seed) => (await load()).cloneDefaultBranch(seed),
    push: async (seed) => (await load()).push(seed),
    readHistory: async (seed) => (await load()).readHistory(seed),
    branches: async (source) => (await load()).branches(source),
    archive: async (source) => (await load()).archive(source),
  };
}

function openOriginals(): Originals {
  const load = async () => (await import("./adapters/git/originals.ts")).originals;
  return {
    addRemote: async (folder, remote) => (await load()).addRemote(folder, remote),
    compare: async (folder, place) => (await load()).compare(folder, place),
    push: async (folder, sha, place) => (await load()).push(folder, sha, place),
    fastForward: async (folder, change, place) => (await load()).fastForward(folder, change, place),
  };
}

/** What a service is handed in its environment; the operator's commands learn `.env` when they know its folder. */
function buildRedactor(): Redactor {
  const redactor = new Redactor();
  const handed = Object.values(serviceSecrets);
  redactor.learn(handed.map((key) => [key, process.env[key]]));
  return redactor;
}

export function buildTools(signal: AbortSignal): Tools {
  const redactor = buildRedactor();
  const loadEngines = () => import("./engines/engines.ts");
  const tools: Tools = {
    version: readVersion(),
    ...buildOutput(process, redactor.redact),
    redact: redactor.redact,
    learnSecrets: (secrets) => redactor.learn(secrets),
    edit: async (argv) => (await import("./adapters/process.ts")).runInteractive(argv),
    readInput: () => readStream(process.stdin),
    screen: () => buildScreen(process.stderr, process.env),
    environment: process.env,
    signal,
    clock: systemClock,
    self: command,
    packageFolder,
    createForgeAdministrator: async (factory, folder) => {
      const { createForgeAdministrator } = await import("./wiring-forge.ts");
      return createForgeAdministrator(tools, factory, folder);
    },
    repositories: openRepositories(),
    originals: openOriginals(),
    startGuard: async (words) =>
      (await import("./adapters/guard.ts")).startGuard([...command, ...words]),
    containers: async (factory, folder) =>
      (await loadEngines()).buildContainers(factory, { folder, self: command, signal }),
    askEngine: async (folder) => (await loadEngines()).askEngine({ folder, self: command, signal }),
    oneShots: {
      run: async (job) =>
        (await import("./engines/compose/one-shots.ts")).buildOneShots(signal).run(job),
    },
    openOneShots: async (engine) => (await loadEngines()).openOneShots(engine, signal),
    ciLeftovers: async (engine) => (await loadEngines()).openCiLeftovers(engine),
    eventArchive: async (engine) => (await loadEngines()).openEventArchive(engine, signal),
    ...buildServerTools({ clock: systemClock, signal }),
    ...buildForgeTools(signal),
    scratchMirror: async (remote) => {
      const { openScratchMirror } = await import("./wiring-mirror.ts");
      return openScratchMirror(remote, signal);
    },
    bot: async (settings) => {
      const { openBot } = await import("./wiring-bot.ts");
      return openBot(settings, tools);
    },
    ci: async (settings) => {
      const { buildCi } = await import("./ci/local/wiring.ts");
      return buildCi(settings, tools);
    },
    questions: async () => {
      const { buildQuestions } = await import("./adapters/terminal-questions.ts");
      return buildQuestions({ input: process.stdin, output: process.stderr, signal });
    },
  };
  return tools;
}

function buildForgeTools(
  signal: AbortSignal,
): Pick<Tools, "probeForge" | "forge" | "forgeAdmin" | "lastingForgeAdmin"> {
  return {
    probeForge: async (url, proof) => {
      const { probeForge } = await import("./adapters/forgejo/forge-admin.ts");
      return probeForge(url, { proof, signal });
    },
    forge: async (url, token) => {
      const { buildForge } = await import("./adapters/forgejo/forge.ts");
      return buildForge({ url, token, signal });
    },
    lastingForgeAdmin: async (url, admin) => {
      const { buildForgeAdmin } = await import("./adapters/forgejo/forge-admin.ts");
      return buildForgeAdmin({ url, admin });
    },
    forgeAdmin: async (url, admin) => {
      const { buildForgeAdmin } = await import("./adapters/forgejo/forge-admin.ts");
      return buildForgeAdmin({ url, admin, signal });
    },
  };
}

/** Other servers than the forge. */
function buildServerTools(
  host: Pick<Tools, "clock" | "signal">,
): Pick<Tools, "askLocalCi" | "ciGate" | "ciRuns" | "ciServer" | "examineModel" | "findModels"> {
  const { signal } = host;
  return {
    ciRuns: async (asked) => (await import("./wiring-ci.ts")).openRuns(asked, host),
    askLocalCi: async (...request) =>
      (await import("./wiring-ci.ts")).askLocalCi(
        { ...host, environment: process.env },
        ...request,
      ),
    ciGate: async (place) => (await import("./ci/woodpecker/gate.ts")).serveGate(place),
    ciServer: async (place) => {
      const { buildCiServer } = await import("./ci/woodpecker/server.ts");
      return buildCiServer({ ...place, signal });
    },
    examineModel: async (question) => {
      const { examineModel } = await import("./harness/gateway/examine.ts");
      return examineModel(question, signal);
    },
    findModels: async () => {
      const { findModels } = await import("./harness/gateway/usual-servers.ts");
      return findModels(signal);
    },
  };
}
