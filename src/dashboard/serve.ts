/** Brings the parts together: what bots hand in, what the forge shows, what the engine's file says, and the pages. */
import { watch } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { type HttpServer, serveHttp } from "../adapters/http-server.ts";
import type { Pause } from "../bot/leases/pauses.ts";
import { ENGINE_FILE, PROJECTS_FILE } from "../core/dashboard-service.ts";
import { formatFactoryMetrics } from "../core/snapshot/factory-metrics.ts";
import type { Clock } from "../ports/clock.ts";
import type { Forge } from "../ports/forge.ts";
import { Access } from "./access.ts";
import type { Acts } from "./acts.ts";
import { buildDashboard } from "./app.ts";
import { loadAssets } from "./assets.ts";
import { EventStore } from "./event-store.ts";
import { type EngineFacts, FactoryView, type ProjectFacts } from "./factory-view.ts";
import { ForgeReader } from "./forge-reader.ts";
import { intakeRoutes } from "./intake.ts";
import { Recording, readRecording } from "./replay.ts";
import type { DashboardSettings } from "./settings.ts";
import { Transcripts } from "./transcripts.ts";

interface Host {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Where pages' files are. */
  readonly assets: string;
}

export interface ServeOptions extends Host {
  readonly settings: DashboardSettings;
  /** The forge as the dashboard's own user sees it. */
  readonly forge: Forge;
  readonly acts: Acts;
  readonly pauses: () => Promise<readonly Pause[]>;
}

/** Bots that ran before this process did have so long to come back. */
const RETURN_MS = 4_000;

export async function startDashboard(options: ServeOptions): Promise<HttpServer> {
  const { settings, clock, signal } = options;
  const { data, key, factory, projects, hosts, statusToken } = settings;
  await mkdir(data, { recursive: true });
  const now = () => clock.now();
  const view = new FactoryView({ now, hasConnections: true });
  const store = new EventStore(path.join(data, "events"));
  for (const event of store.load()) view.add(event);
  const transcripts = new Transcripts(path.join(data, "transcripts"));
  await followOperatorFiles(settings.engine, view, signal);
  setTimeout(() => view.expectConnections(), RETURN_MS).unref();
  const { forge, acts } = options;
  const reader = new ForgeReader({
    forge,
    projects,
    pauses: options.pauses,
    clock,
    signal,
    onRead: (facts) => view.setForge(facts),
  });
  void reader.run();
  const access = new Access({ key, hosts: hosts.split(","), isOpen: settings.open === "1", now });
  const app = buildDashboard({
    factory,
    view,
    transcripts,
    access,
    canAct: true,
    acts,
    key,
    projects: projects.map(({ name }) => name),
    assets: loadAssets(options.assets),
    intake: intakeRoutes({ token: settings.eventsToken, view, store, transcripts }),
    linkToIssue: (project, issue) => {
      const repo = projects.find(({ name }) => name === project)?.repo;
      return repo && `${settings.forgeLink}/${repo.owner}/${repo.name}/issues/${issue}`;
    },
    metrics: {
      token: statusToken || undefined,
      read: async () => formatFactoryMetrics(view.snapshot()),
    },
  });
  return serveHttp(app, { bind: settings.bind, port: settings.port, isStreamed: true });
}

/** Written anew by each `disinto up` and `disinto status`. */
async function followOperatorFiles(folder: string, view: FactoryView, signal: AbortSignal) {
  const read = async () => {
    const engine = (await readJson(path.join(folder, ENGINE_FILE))) as EngineFacts | undefined;
    const declared = (await readJson(path.join(folder, PROJECTS_FILE))) as Declared | undefined;
    view.setOperatorFacts(engine, declared?.projects ?? []);
  };
  await mkdir(folder, { recursive: true }).catch(() => undefined);
  await read();
  const watcher = watch(folder, { persistent: false }, () => void read());
  watcher.on("error", () => watcher.close());
  signal.addEventListener("abort", () => watcher.close(), { once: true });
}

interface Declared {
  readonly projects: readonly ProjectFacts[];
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text === "" ? undefined : JSON.parse(text);
}

export interface ReplayOptions extends Host {
  readonly folder: string;
  readonly speed: number;
  readonly port: number;
}

const TICK_MS = 50;

/** Whoever reaches it may read it: it is this machine's loopback, and nothing can be done there. */
export async function startReplay(options: ReplayOptions): Promise<HttpServer> {
  const { folder, speed, port, signal } = options;
  const recording = new Recording(readRecording(folder), speed);
  const view = new FactoryView({ now: () => recording.now, hasConnections: false });
  const timer = setInterval(() => recording.play(view), TICK_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  const access = new Access({ key: "replay", hosts: [], isOpen: true, now: () => recording.now });
  const notice = () =>
    recording.isOver
      ? "This is a recording, and it has ended."
      : `This is a recording, played ${speed} times as fast.`;
  const app = buildDashboard({
    factory: "recording",
    view,
    transcripts: new Transcripts(path.join(folder, "transcripts")),
    access,
    canAct: false,
    projects: [],
    assets: loadAssets(options.assets),
    notice,
  });
  return serveHttp(app, { bind: "127.0.0.1", port, isStreamed: true });
}
