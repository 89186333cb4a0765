/** Whether the factory's Woodpecker works, by doing it: a sign-in, a clone as a step, a webhook, a status whose link opens. */
import { type DesiredActivation, deriveActivation, findWebhook } from "../core/ci-activation.ts";
import type { Factory, RepoId } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import { harnessUids } from "../core/uids.ts";
import { DisintoError } from "../errors.ts";
import type { CiAccount, CiServer } from "../ports/ci-admin.ts";
import type { Clock } from "../ports/clock.ts";
import type { Credentials, ForgeAdmin } from "../ports/forge-admin.ts";
import type { OneShots } from "../ports/one-shots.ts";
import { env } from "../settings/env.ts";
import type { Finding } from "./finding.ts";
import type { Fleet } from "./observe.ts";

export interface CiExamination extends Fleet {
  readonly ciServer: (place: {
    readonly url: string;
    readonly forgeUrl: string;
  }) => Promise<CiServer>;
  readonly forgeAdmin: (url: string, admin: Credentials) => Promise<ForgeAdmin>;
  readonly oneShots: OneShots;
  readonly clock: Clock;
  /** Whether a page is there, as a browser asks for it. */
  readonly opens: (url: string) => Promise<boolean>;
}

const DELIVERY_LIMIT_MS = 30_000;
const STATUS_LIMIT_MS = 120_000;
const INTERVAL_MS = 500;

export async function checkCi(fleet: CiExamination): Promise<readonly Finding[]> {
  const desired = deriveActivation(fleet.factory);
  if (!desired) return [];
  return [
    await checkSignIn(fleet, desired),
    await checkClone(fleet, desired),
    ...(await checkRuns(fleet, desired)),
  ];
}

/** The words of a failure that people can act on, as a finding. */
async function attempt(subject: string, act: () => Promise<string | Finding>): Promise<Finding> {
  try {
    const done = await act();
    return typeof done === "string" ? { subject, verdict: "good", message: done } : done;
  } catch (error) {
    if (!(error instanceof DisintoError)) throw error;
    return { subject, verdict: "bad", message: error.message, hint: error.hint };
  }
}

function checkSignIn(fleet: CiExamination, { login }: DesiredActivation): Promise<Finding> {
  const { factory, environment } = fleet;
  return attempt("sign-in", async () => {
    const password = environment.get(env.ciAccountPass.key);
    if (!password)
      throw new DisintoError("credentials.missing", `.env has no ${env.ciAccountPass.key}`, {
        hint: "run disinto init",
      });
    await (await openServer(fleet)).signIn({ login, password });
    return `${login} signs in to ${factory.ci.url} by ${factory.forge.url}`;
  });
}

function openServer({ factory, ciServer }: CiExamination): Promise<CiServer> {
  return ciServer({ url: factory.ci.url, forgeUrl: factory.forge.url });
}

const clone = 'export GIT_TERMINAL_PROMPT=0; exec git clone --quiet --depth 1 "$1" /tmp/clone';

function checkClone(fleet: CiExamination, { repositories }: DesiredActivation): Promise<Finding> {
  const { containers, factory, oneShots } = fleet;
  const [repo] = repositories;
  const url = repo ? `${factory.forge.url}/${formatRepo(repo)}.git` : factory.forge.url;
  return attempt("clone", async () => {
    const { exitCode, lastLines } = await oneShots.run({
      project: containers.project,
      name: "clone",
      image: factory.images.agents,
      argv: ["sh", "-c", clone, "sh", url],
      network: `${containers.project}_bots`,
      user: `${harnessUids.dev}:${harnessUids.dev}`,
      limits: { memory: "512m", cpus: 1, pids: 64 },
      timeoutMs: 120_000,
    });
    // It was reached, and asks who is there.
    if (exitCode === 0 || /could not read Username/.test(lastLines))
      return `a container on the network of the steps clones from ${url}`;
    return {
      subject: "clone",
      verdict: "bad",
      message: `a container on the network of the steps cannot clone ${url}: ${lastLines}`,
      hint: "FORGE_URL must be a name that leads to the forge inside too (docs/networks.md)",
    };
  });
}

/** Runs the primary branch's CI once. */
async function checkRuns(
  fleet: CiExamination,
  { repositories }: DesiredActivation,
): Promise<readonly Finding[]> {
  const { factory, environment, forgeAdmin } = fleet;
  const password = environment.get(env.forgeAdminPass.key);
  const token = environment.get(env.ciAccountToken.key);
  if (!password || !token) return [];
  const forge = await forgeAdmin(factory.forge.url, { login: factory.forge.adminUser, password });
  const account = (await openServer(fleet)).as(token);
  const findings: Finding[] = [];
  for (const repo of repositories)
    findings.push(await checkDelivery({ fleet, forge, account, factory }, repo));
  return findings;
}

interface At {
  readonly fleet: CiExamination;
  readonly forge: ForgeAdmin;
  readonly account: CiAccount;
  readonly factory: Factory;
}

function checkDelivery(at: At, repo: RepoId): Promise<Finding> {
  const { fleet, forge, account, factory } = at;
  const name = formatRepo(repo);
  return attempt("webhook", async () => {
    const known = await account.find(repo);
    const hooks = await forge.hooks.list(repo);
    const hook = findWebhook(hooks, factory.ci.url);
    if (!known || !hook?.isActive)
      return missing(`${name} has no webhook to ${factory.ci.url}`, "run disinto init");
    const before = (await account.newestRun(known.id))?.number ?? 0;
    await forge.hooks.test(repo, hook.id);
    const run = await poll(fleet, DELIVERY_LIMIT_MS, async () => {
      const newest = await account.newestRun(known.id);
      return newest && newest.number > before ? newest : undefined;
    });
    if (!run)
      return {
        subject: "webhook",
        verdict: "note",
        message: `the forge told Woodpecker of ${name}, and no run began`,
        hint: "right if no workflow file runs for a push to the primary branch; else look at the webhook's deliveries on the forge (settings, webhooks)",
      };
    return checkLink(at, repo, { id: known.id, ...run });
  });
}

interface FoundRun {
  readonly id: number;
  readonly number: number;
  readonly commit: string;
}

async function checkLink(
  { fleet, forge, factory }: At,
  repo: RepoId,
  { id, number, commit }: FoundRun,
): Promise<string | Finding> {
  const page = `${factory.ci.url}/repos/${id}/pipeline/${number}`;
  const link = await poll(fleet, STATUS_LIMIT_MS, async () => {
    const all = await forge.forge.statuses(repo).of(commit);
    return all.find(({ target }) => target?.startsWith(page))?.target;
  });
  const delivered = `the forge told Woodpecker of ${formatRepo(repo)}, run ${number} began`;
  if (!link)
    return missing(`${delivered}, and no status of it came`, "look at disinto logs woodpecker");
  if (await fleet.opens(link)) return `${delivered}, and its status's link ${link} opens`;
  return missing(
    `${delivered}, but its status's link ${link} does not open here`,
    "WOODPECKER_HOST must lead to this machine from where people are (docs/networks.md)",
  );
}

function missing(message: string, hint: string): Finding {
  return { subject: "webhook", verdict: "bad", message, hint };
}

async function poll<T>(
  { clock }: CiExamination,
  limitMs: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const endMs = clock.monotonicMs() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || clock.monotonicMs() > endMs) return found;
    await clock.sleep(INTERVAL_MS);
  }
}
