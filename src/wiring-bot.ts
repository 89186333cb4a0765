/** Builds what one bot works with from its settings. */
import path from "node:path";
import { buildEventFile } from "./adapters/event-file.ts";
import { buildForge } from "./adapters/forgejo/forge.ts";
import { buildMirror } from "./adapters/git/mirror.ts";
import { buildWorkFolders } from "./adapters/git/work-folders.ts";
import { buildJournalFile } from "./adapters/journal-file.ts";
import { buildLlamaServer } from "./adapters/llama-server.ts";
import { buildCiRuns, statusesOnly } from "./adapters/woodpecker/ci-runs.ts";
import { Breakers } from "./bot/leases/breakers.ts";
import { Claims } from "./bot/leases/claims.ts";
import { deriveGap, Observations } from "./bot/leases/expiry.ts";
import { TERM_MS } from "./bot/leases/lease.ts";
import { Slots } from "./bot/leases/slots.ts";
import { gateHarness } from "./bot/model-gate.ts";
import { type ObservedHarness, observeHarness } from "./bot/observed-harness.ts";
import { deriveProgressLimit, Progress } from "./bot/progress.ts";
import type { BotSettings } from "./bot/settings.ts";
import type { Bot, BotTools, ProjectTools } from "./bot/tools.ts";
import type { Tools } from "./cli/tools.ts";
import { formatBackendName } from "./core/backend.ts";
import type { RepoId, Role, SessionLimits } from "./core/factory.ts";
import { deriveEmail } from "./core/names.ts";
import type { ProjectTask } from "./core/project-shape.ts";
import type { CiRuns } from "./ports/ci.ts";
import type { EventLog } from "./ports/event-log.ts";
import type { Forge } from "./ports/forge.ts";
import { buildHarness } from "./wiring-harness.ts";

type Host = Pick<Tools, "clock" | "environment" | "print" | "redact" | "signal">;

export function buildBot(settings: BotSettings, host: Host): Bot {
  const { url, user, token } = settings.forge;
  const forge = buildForge({ url, token, signal: host.signal, redact: host.redact });
  const events = buildEventFile({
    file: path.join(settings.dataFolder, "events.jsonl"),
    by: settings.name,
    clock: host.clock,
    echo: host.print,
    redact: host.redact,
  });
  const whole = buildFactoryTools(settings, host);
  const toolsFor = (role: Role): BotTools => {
    const limits = toSessionLimits(settings.limits);
    const { pollIntervalMs } = settings;
    const limitMs = deriveProgressLimit({ pollIntervalMs, silenceMs: limits.silenceMs });
    const progress = new Progress(host.clock, limitMs);
    const onProgress = () => progress.note();
    const harness = buildGatedHarness(settings, host, { ...whole, role, events, onProgress });
    return {
      user,
      holder: settings.name,
      author: { name: user, email: deriveEmail(user) },
      clock: host.clock,
      random: Math.random,
      events,
      progress,
      harness,
      sessionLimits: limits,
      pollIntervalMs,
      diskLimitBytes: settings.diskLimitBytes,
      ...whole,
      projects: new Map(
        settings.projects.map((project) => [
          project.name,
          buildProject(project, { settings, forge, host, role, onProgress }),
        ]),
      ),
    };
  };
  const journalFile = path.join(settings.dataFolder, "dev.journal.json");
  return {
    whoami: () => forge.whoami(),
    events,
    toolsFor,
    journal: buildJournalFile(journalFile),
    serveHealth: async (loops) => {
      if (settings.healthPort === undefined) return () => undefined;
      const { serveHealth } = await import("./adapters/health-server.ts");
      const { close } = await serveHealth(settings.healthPort, loops);
      return close;
    },
  };
}

function toSessionLimits({ minutes, silence, turns, tokens, money }: SessionLimits) {
  return { timeoutMs: minutes * 60_000, silenceMs: silence * 60_000, turns, tokens, money };
}

type Whole = Pick<BotTools, "slots" | "breakers" | "backend">;

interface Gated extends Whole {
  readonly role: Role;
  readonly events: EventLog;
  readonly onProgress: () => void;
}

/** Its sessions wait for the model's server, are told as events, and show the bot's progress. */
function buildGatedHarness(
  settings: BotSettings,
  host: Host,
  { role, events, onProgress, ...whole }: Gated,
): ObservedHarness {
  const { clock } = host;
  const seen = observeHarness(buildHarness(settings, role, host), { role, events, clock });
  const { pollIntervalMs } = settings;
  const times = { clock, random: Math.random, pollIntervalMs, onWaiting: onProgress };
  const gated = gateHarness(seen, { ...whole, ...times, events });
  return { run: (session) => gated.run({ ...session, onOutput: onProgress }) };
}

interface Membership {
  readonly settings: BotSettings;
  readonly forge: Forge;
  readonly host: Host;
  readonly role: Role;
  readonly onProgress: () => void;
}

/** Runs elsewhere, or whose token is not there, are known by their statuses alone. */
function buildCi({ ci, repo }: ProjectTask, settings: BotSettings, host: Host): CiRuns {
  const access = ci.provider === "external" ? undefined : settings.ci[ci.provider];
  if (!access) return statusesOnly;
  return buildCiRuns({ access, repo, signal: host.signal, redact: host.redact });
}

/** Each role has its own mirror and folders: independent loops share no files. */
function buildProject(
  project: ProjectTask,
  { settings, forge, host, role, onProgress }: Membership,
): ProjectTools {
  const { owner, name } = project.repo;
  const home = path.join(settings.reposFolder, role, owner, name);
  const folder = path.join(home, "mirror.git");
  const coordination = coordinate({ settings, host, repo: project.repo, folder, onProgress });
  const { mirror, claims, breakers } = coordination;
  void claims.watch(host.signal);
  return {
    project,
    writers: () => forge.writers(project.repo),
    dependencies: (issue) => forge.dependencies(project.repo, issue),
    issues: forge.issues(project.repo),
    pulls: forge.pulls(project.repo),
    reviews: forge.reviews(project.repo),
    statuses: forge.statuses(project.repo),
    ci: buildCi(project, settings, host),
    mirror,
    folders: buildWorkFolders({ root: path.join(home, "work"), mirror: folder }),
    claims,
    breakers,
  };
}

/** One for all loops of the bot: they share its slots. */
function buildFactoryTools(settings: BotSettings, host: Host): Whole {
  const folder = path.join(settings.reposFolder, "factory.git");
  const { mirror, claims, breakers } = coordinate({
    settings,
    host,
    repo: settings.factoryRepo,
    folder,
  });
  const backend = formatBackendName(settings.backend.name);
  const { name: holder, pollIntervalMs } = settings;
  const { clock } = host;
  const count = buildSlotCount(settings, host);
  const slots = new Slots({ claims, mirror, clock, holder, backend, count, pollIntervalMs });
  return { slots, breakers, backend };
}

/** What the configuration says, else what the server says, else no limit. */
function buildSlotCount(
  { backend: { name: baseUrl, slots } }: BotSettings,
  { clock, environment, signal }: Host,
): () => Promise<number | undefined> {
  if (slots !== undefined || !URL.canParse(baseUrl)) return async () => slots;
  const server = buildLlamaServer({
    baseUrl,
    apiKey: environment.ANTHROPIC_API_KEY,
    clock,
    signal,
  });
  return () => server.countSlots();
}

interface Place {
  readonly settings: BotSettings;
  readonly host: Host;
  readonly repo: RepoId;
  /** Of the mirror. */
  readonly folder: string;
  readonly onProgress?: () => void;
}

/** What bots meet at in one repository: everything there is read through one set of observations. */
function coordinate({ settings, host, repo, folder, onProgress }: Place) {
  const { url, user, token } = settings.forge;
  const { pollIntervalMs, leaseTermMs: termMs = TERM_MS } = settings;
  const observations = new Observations(host.clock, deriveGap(termMs, pollIntervalMs));
  const mirror = observations.watching(
    buildMirror({
      folder,
      url: `${url}/${repo.owner}/${repo.name}.git`,
      access: { forgeUrl: url, login: user, token },
      signal: host.signal,
    }),
  );
  const tools = {
    mirror,
    observations,
    clock: host.clock,
    holder: settings.name,
    newNonce: () => crypto.randomUUID(),
    termMs,
    pollIntervalMs,
    onRenewed: onProgress,
  };
  return { mirror, claims: new Claims(tools), breakers: new Breakers(tools) };
}
