/** Builds what one bot works with from its settings. */
import path from "node:path";
import type { EventLink } from "./adapters/event-link.ts";
import { buildForge } from "./adapters/forgejo/forge.ts";
import { buildMirror } from "./adapters/git/mirror.ts";
import { buildSubmodules } from "./adapters/git/submodules.ts";
import { buildWorkFolders } from "./adapters/git/work-folders.ts";
import { buildJournalFile } from "./adapters/journal-file.ts";
import { readRefusedHosts, useProxy } from "./adapters/outgoing-proxy.ts";
import { proveSeparation, sessionUserOf } from "./adapters/session-user/separation.ts";
import { Breakers } from "./bot/leases/breakers.ts";
import { Claims } from "./bot/leases/claims.ts";
import { deriveMaxGap, Observations } from "./bot/leases/expiry.ts";
import { TERM_MS } from "./bot/leases/lease.ts";
import { findPause } from "./bot/leases/pauses.ts";
import { Slots } from "./bot/leases/slots.ts";
import { PauseWatch } from "./bot/loop/pause-watch.ts";
import { deriveProgressLimit, Progress } from "./bot/loop/progress.ts";
import type { StatusKeeper } from "./bot/loop/status-keeper.ts";
import { gateHarness } from "./bot/session/model-gate.ts";
import { type ObservedHarness, observeHarness } from "./bot/session/observed-harness.ts";
import type { BotSettings } from "./bot/settings.ts";
import { limitByBudget } from "./bot/spending/budget-harness.ts";
import type { Spending } from "./bot/spending/spending.ts";
import type { BotTools, ProjectTools, RunningBot } from "./bot/tools.ts";
import { findCiLogin } from "./ci/definitions.ts";
import { buildCiRuns, findCache } from "./ci/wiring.ts";
import type { Tools } from "./cli/tools.ts";
import { formatBackendName } from "./core/backend.ts";
import type { Ci, RepoId, SessionLimits } from "./core/factory.ts";
import { deriveEmail } from "./core/names.ts";
import type { ProjectTask } from "./core/project-task.ts";
import { harnesses } from "./harness/definitions.ts";
import { buildModelServer } from "./harness/gateway/model-server.ts";
import { buildHarness } from "./harness/wiring.ts";
import type { EventLog } from "./ports/event-log.ts";
import type { Forge } from "./ports/forge.ts";
import type { ModelServer } from "./ports/model-server.ts";
import type { Role } from "./roles/definitions.ts";
import { roleLoops } from "./roles/wiring.ts";
import { openEvents } from "./wiring-events.ts";
import { buildSpending } from "./wiring-spending.ts";

type Host = Pick<
  Tools,
  "clock" | "environment" | "learnSecrets" | "print" | "redact" | "signal" | "version"
>;

/** Where harnesses run as other users, nothing begins before they are shut out. */
export async function openBot(settings: BotSettings, host: Host): Promise<RunningBot> {
  useProxy();
  const open = await proveSeparation(settings);
  const bot = buildBot(settings, host);
  for (const message of open)
    bot.events.append({ type: "failure", code: "users.not-separate", message, retryInMs: 0 });
  return bot;
}

export function buildBot(settings: BotSettings, host: Host): RunningBot {
  const { url, user, token } = settings.forge;
  const { link, events } = openEvents(settings, host);
  const { signal, redact } = host;
  const onRequest = () => events.countRequest("api");
  const forge = buildForge({ url, token, signal, redact, onRequest });
  const held: Claims[] = [];
  const shared = { settings, host, events, held };
  const { tools: whole, server } = buildFactoryTools(shared);
  const toolsFor = (role: Role): BotTools => {
    const limits = toSessionLimits(settings.limits);
    const { pollIntervalMs, leaseTermMs: termMs = TERM_MS } = settings;
    const limitMs = deriveProgressLimit({ pollIntervalMs, silenceMs: limits.silenceMs, termMs });
    const progress = new Progress(host.clock, limitMs);
    const onProgress = () => progress.note();
    const gate = { ...whole, role, events, onProgress, server };
    const harness = buildGatedHarness(settings, { ...host, follower: link }, gate);
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
      openJournal: () => buildJournalFile(path.join(settings.dataFolder, `${role}.journal.json`)),
      ...whole,
      projects: new Map(
        settings.projects.map((project) => [
          project.name,
          buildProject(project, { ...shared, forge, role, onProgress }),
        ]),
      ),
    };
  };
  return {
    whoami: () => forge.whoami({ login: user, repo: settings.factoryRepo }),
    events,
    closeEventLink: async () => link?.close(),
    toolsFor,
    run: async (role, run) => (await roleLoops[role]())(run),
    serveHealth: async (loops) => {
      const { healthPort: port, statusToken: token, name } = settings;
      if (port === undefined) return () => undefined;
      const { serveBotHealth } = await import("./wiring-health.ts");
      const leases = () => held.flatMap((claims) => claims.held);
      const { version } = host;
      return serveBotHealth({ port, token, name, version, loops, keeper: events, leases });
    },
  };
}

function toSessionLimits(limits: SessionLimits) {
  const { minutes, silence, first_token_minutes, turns, tokens, money } = limits;
  const firstTokenMs = first_token_minutes && first_token_minutes * 60_000;
  return {
    timeoutMs: minutes * 60_000,
    silenceMs: silence * 60_000,
    firstTokenMs,
    turns,
    tokens,
    money,
  };
}

type SharedTools = Pick<BotTools, "slots" | "breakers" | "backend" | "pauses"> & {
  readonly spending: Spending;
};

interface Gated extends SharedTools {
  readonly server: ModelServer | undefined;
  readonly role: Role;
  readonly events: EventLog;
  readonly onProgress: () => void;
}

/** Its sessions wait for the model's server, are told as events, and show the bot's progress. */
function buildGatedHarness(
  settings: BotSettings,
  host: Host & { readonly follower: EventLink | undefined },
  { role, events, onProgress, server, spending, ...whole }: Gated,
): ObservedHarness {
  const { clock } = host;
  const seen = observeHarness(buildHarness(settings, role, host), {
    role,
    events,
    clock,
    refusedHosts: readRefusedHosts,
  });
  const { pollIntervalMs } = settings;
  const times = { clock, random: Math.random, pollIntervalMs, onWaiting: onProgress };
  const { harness, model } = settings;
  // A login is good for its own agent's questions only.
  const canAsk = model?.key !== undefined || model?.loginFolder === undefined;
  const prove = server && canAsk ? server.prove : undefined;
  const waitsForTurn = server !== undefined && !harnesses[harness].asksModel;
  const gated = gateHarness(seen, { ...whole, ...times, events, prove, waitsForTurn });
  const observed: ObservedHarness = {
    run: (session) => gated.run({ ...session, onOutput: onProgress }),
  };
  return limitByBudget(observed, { spending, role, ...times });
}

interface Shared {
  readonly settings: BotSettings;
  readonly host: Host;
  readonly events: StatusKeeper;
  /** Gets the claims of each repository. */
  readonly held: Claims[];
}

interface Membership extends Shared {
  readonly forge: Forge;
  readonly role: Role;
  readonly onProgress: () => void;
}

/** Runs elsewhere, or whose token is not there, are known by their statuses alone. */
function buildCi(project: ProjectTask, settings: BotSettings, host: Host) {
  const { ci, repo, primaryBranch } = project;
  const { clock, signal, redact } = host;
  const access = settings.ci[ci.provider];
  return {
    ci: buildCiRuns(ci.provider, { access, repo, primaryBranch, clock, signal, redact }),
    cache: findCache(ci.provider, { access, repo, signal }),
  };
}

/** Each role has its own mirror and folders: independent loops share no files. */
function buildProject(
  project: ProjectTask,
  { forge, role, onProgress, ...shared }: Membership,
): ProjectTools {
  const { owner, name } = project.repo;
  const home = path.join(shared.settings.reposFolder, role, owner, name);
  const folder = path.join(home, "mirror.git");
  const coordination = coordinate({ ...shared, repo: project.repo, folder, onProgress });
  const { mirror, claims, breakers } = coordination;
  void claims.watch(shared.host.signal);
  return {
    project,
    writers: () => forge.writers(project.repo),
    bots: () => readBots(forge, shared.settings.factoryRepo, project.ci),
    dependencies: (issue) => forge.dependencies(project.repo, issue),
    timeline: (issue) => forge.timeline(project.repo, issue),
    issues: forge.issues(project.repo),
    pulls: forge.pulls(project.repo),
    reviews: forge.reviews(project.repo),
    statuses: forge.statuses(project.repo),
    ...buildCi(project, shared.settings, shared.host),
    mirror,
    submodules: buildSubmodules({
      folder,
      ...placeOf(shared.settings, project.repo),
      announced: shared.settings.forge.announced,
    }),
    folders: buildWorkFolders({
      root: path.join(home, "work"),
      mirror: folder,
      userFiles: sessionUserOf(shared.settings, role).userFiles,
    }),
    claims,
    breakers,
  };
}

/** All bots may write in the factory's own repository, and beside them only its owner. */
async function readBots(forge: Forge, factoryRepo: RepoId, ci: Ci): Promise<readonly string[]> {
  const owner = factoryRepo.owner.toLowerCase();
  const writers = await forge.writers(factoryRepo);
  const bots = writers.filter((login) => login.toLowerCase() !== owner);
  return [...bots, ...[findCiLogin(ci) ?? []].flat()];
}

/** One for all loops of the bot: they share its slots. */
function buildFactoryTools(shared: Shared) {
  const { settings, host, events } = shared;
  const folder = path.join(settings.reposFolder, "factory.git");
  const { factoryRepo: repo } = settings;
  const { mirror, claims, breakers } = coordinate({ ...shared, repo, folder });
  const backend = formatBackendName(settings.backend.name);
  const { name: holder, pollIntervalMs } = settings;
  const { clock } = host;
  const server = buildServer(settings, host);
  const count = async () => (server ? server.countSlots() : settings.backend.slots);
  const slots = new Slots({ claims, mirror, clock, holder, backend, count, pollIntervalMs });
  const find = () => findPause(mirror, holder);
  const pauses = new PauseWatch({ find, clock, events, pollIntervalMs });
  const spending = buildSpending(settings, { mirror, clock, events });
  return { tools: { slots, breakers, backend, pauses, spending }, server };
}

/** The server of the bot's model; undefined where the bot knows of none that it could ask. */
function buildServer(
  { backend, harness, model }: BotSettings,
  { clock, signal }: Host,
): ModelServer | undefined {
  if (!model) return undefined;
  const { baseUrl, key, name } = model;
  const operator = { slots: backend.slots, context: model.context };
  const { api } = harnesses[harness];
  return buildModelServer({ baseUrl, key, model: name, api, operator, clock, signal });
}

/** A repository on the forge, as the bot reaches it. */
function placeOf({ forge: { url, user, token } }: BotSettings, { owner, name }: RepoId) {
  return { url: `${url}/${owner}/${name}.git`, access: { forgeUrl: url, login: user, token } };
}

interface RepositoryOptions extends Shared {
  readonly repo: RepoId;
  /** The folder of the mirror. */
  readonly folder: string;
  readonly onProgress?: () => void;
}

/** What bots meet at in one repository: everything there is read through one set of observations. */
function coordinate({ settings, host, events, held, repo, folder, onProgress }: RepositoryOptions) {
  const { pollIntervalMs, leaseTermMs: termMs = TERM_MS } = settings;
  const observations = new Observations(host.clock, deriveMaxGap(termMs, pollIntervalMs));
  const bare = buildMirror({ folder, ...placeOf(settings, repo), signal: host.signal });
  const mirror = observations.watching(events.watching(bare));
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
  const claims = new Claims(tools);
  held.push(claims);
  return { mirror, claims, breakers: new Breakers(tools) };
}
