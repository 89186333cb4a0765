/** Brings the factory's Woodpecker up and makes it know the factory: account, token, projects. Safe to run again. */
import { createHmac } from "node:crypto";
import { openSecrets } from "../config/secret-store.ts";
import {
  type ActivationAction,
  type ActivationStep,
  type ActiveRepository,
  type DesiredActivation,
  deriveActivation,
  findWebhook,
  formatActivationStep,
  type ObservedActivation,
  planActivation,
  safeTrust,
  TIMEOUT_MINUTES,
} from "../core/ci-activation.ts";
import { EGRESS_SERVICE } from "../core/egress-service.ts";
import type { RepoId } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import { DisintoError } from "../errors.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
import type { CiServer } from "../ports/ci-admin.ts";
import type { ForgeAdmin } from "../ports/forge-admin.ts";
import { env } from "../settings/env.ts";
import { execute, type Handlers } from "./execute.ts";
import { type ForgeAccess, LOCK_LIMIT_MS } from "./forge-access.ts";
import type { InitTools } from "./init-tools.ts";
import { applyServices } from "./up.ts";

const SERVER_LIMIT_MS = 120_000;
const INTERVAL_MS = 500;

interface Activation {
  readonly server: CiServer;
  readonly secrets: ForgeAccess["secrets"];
  readonly newSecret: () => string;
  /** Whether the forge has an active webhook to Woodpecker. */
  readonly hasWebhook: (repo: RepoId) => Promise<boolean>;
}

export async function activateCi(
  tools: InitTools,
  folder: string,
  {
    factory,
    environment,
    newSecret,
    forge,
  }: Pick<ForgeAccess, "factory" | "environment"> &
    Pick<Activation, "newSecret"> & { readonly forge: Pick<ForgeAdmin, "hooks"> },
): Promise<readonly ActivationStep[]> {
  const desired = deriveActivation(factory);
  if (!desired) return [];
  const { say, oneShots } = tools;
  const containers = await tools.containers(factory, folder);
  const only = [FORGE_SERVICE, EGRESS_SERVICE, "woodpecker", "woodpecker-agent"];
  const fleet = { factory, folder, containers, environment, say, oneShots };
  await applyServices({ ...fleet, only, waitMs: LOCK_LIMIT_MS });
  const server = await tools.ciServer({ url: factory.ci.url, forgeUrl: factory.forge.url });
  await waitForServer(tools, server);
  const secrets = openSecrets(folder, environment, tools.learnSecrets);
  const hasWebhook = async (repo: RepoId) =>
    findWebhook(await forge.hooks.list(repo), factory.ci.url)?.isActive ?? false;
  return applyActivation({ server, secrets, newSecret, hasWebhook, say }, desired);
}

/** Looks, plans, acts and looks again; answers the steps that were taken. */
export async function applyActivation(
  activation: Activation & { readonly say: (line: string) => void },
  desired: DesiredActivation,
): Promise<readonly ActivationStep[]> {
  const replan = async () => planActivation(desired, await observeActivation(activation, desired));
  const steps = await replan();
  await execute({
    steps,
    handlers: buildHandlers(activation),
    announce: (step) => activation.say(formatActivationStep(step)),
    replan,
    explain,
  });
  return steps;
}

async function waitForServer({ clock, signal, say }: InitTools, server: CiServer): Promise<void> {
  const endMs = clock.monotonicMs() + SERVER_LIMIT_MS;
  say("waiting for Woodpecker");
  for (;;) {
    const failure = await server.examine();
    if (failure === undefined) return;
    if (signal.aborted) throw new DisintoError("interrupted", "interrupted while waiting for it");
    if (clock.monotonicMs() > endMs)
      throw new DisintoError("ci.unavailable", failure, {
        hint: "look at disinto logs woodpecker; the address must lead to this machine (docs/networks.md)",
      });
    await clock.sleep(INTERVAL_MS, signal);
  }
}

function tokenOf({ secrets }: Activation): string | undefined {
  return secrets.get(env.ciAccountToken.key);
}

async function observeActivation(
  activation: Activation,
  { login, repositories }: DesiredActivation,
): Promise<ObservedActivation> {
  const token = tokenOf(activation);
  const account = token === undefined ? undefined : activation.server.as(token);
  const isSignedIn = (await account?.login())?.toLowerCase() === login;
  const found = new Map<string, ActiveRepository>();
  for (const repo of isSignedIn ? repositories : []) {
    const seen = await account?.find(repo);
    if (!seen) continue;
    found.set(formatRepo(repo), {
      ...seen,
      hasWebhook: await activation.hasWebhook(repo),
      secrets: (await account?.secrets.list(seen.id)) ?? [],
    });
  }
  const hasBotsToken = activation.secrets.get(env.woodpeckerToken.key) !== undefined;
  const digest = (key: string) => digestOf(activation.secrets, key);
  return { isSignedIn, hasBotsToken, repositories: found, digest };
}

/** With a key of the factory's own, so that nobody who sees it can try values. */
function digestOf(secrets: Activation["secrets"], key: string): string | undefined {
  const value = secrets.get(key);
  const own = secrets.get(env.woodpeckerAgentSecret.key);
  if (value === undefined || own === undefined) return undefined;
  return createHmac("sha256", own).update(`${key}\0${value}`).digest("hex").slice(0, 32);
}

function buildHandlers(activation: Activation): Handlers<ActivationAction> {
  const { server, secrets, newSecret } = activation;
  const account = () => server.as(tokenOf(activation) ?? "");
  const activate = async (repo: RepoId): Promise<void> => {
    if (!(await account().find(repo))) await account().activate(repo);
    const made = await account().find(repo);
    if (!made) return;
    await account().change(made.id, { ...safeTrust, timeoutMinutes: TIMEOUT_MINUTES });
  };
  const idOf = async (repo: RepoId): Promise<number> => {
    const found = await account().find(repo);
    if (found) return found.id;
    throw new DisintoError("ci.unavailable", `Woodpecker does not run ${formatRepo(repo)}`, {
      hint: "run disinto init again; if it persists, look at disinto logs woodpecker",
    });
  };
  return {
    "sign-in": async ({ login }) => {
      const password = secrets.get(env.ciAccountPass.key);
      if (password === undefined)
        throw new DisintoError("credentials.missing", `.env has no ${env.ciAccountPass.key}`);
      await secrets.set({ [env.ciAccountToken.key]: await server.signIn({ login, password }) });
    },
    "make-bots-token": () => secrets.set({ [env.woodpeckerToken.key]: newSecret() }),
    "activate-repository": ({ repo }) => activate(repo),
    "restrict-repository": ({ id }) => account().change(id, safeTrust),
    "repair-webhook": ({ id }) => account().repair(id),
    "put-secret": async ({ repo, secret: { name, events, key }, note }) => {
      const value = secrets.get(key) ?? "";
      await account().secrets.put(await idOf(repo), { name, events, note, value });
    },
    "remove-secret": async ({ repo, name }) => account().secrets.remove(await idOf(repo), name),
  };
}

function explain(open: readonly ActivationStep[]): DisintoError {
  const lines = open.map(formatActivationStep).join("\n");
  return new DisintoError("ci.unavailable", `Woodpecker does not show these changes\n${lines}`, {
    hint: "look at disinto logs woodpecker, then run disinto init again",
  });
}
