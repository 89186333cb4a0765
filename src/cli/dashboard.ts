/** `disinto dashboard`: a link for who wants to look, a recorded day played again, and the service itself. */
import path from "node:path";
import { listPauses } from "../bot/leases/pauses.ts";
import { loadFactory } from "../config/load.ts";
import { deriveAddresses } from "../core/addresses.ts";
import { makeLinkCode } from "../dashboard/access.ts";
import { readDashboardSettings } from "../dashboard/settings.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { env } from "../settings/env.ts";
import type { Tools } from "./tools.ts";

interface DashboardFlags {
  readonly folder: string;
  readonly replay?: string;
  readonly speed: number;
  readonly port?: number;
}

export async function dashboard(tools: Tools, flags: DashboardFlags): Promise<ExitCode> {
  if (flags.replay !== undefined) return replay(tools, flags.replay, flags);
  tools.reveal(`${await makeLink(tools, flags.folder)}\n`);
  tools.say("the link works once, within the hour");
  return ExitCode.done;
}

/** Undefined where the factory has no dashboard. */
export async function findDashboard(tools: Tools, folder: string) {
  const { factory, environment } = await loadFactory(folder, tools.version);
  const url = deriveAddresses(factory).dashboard?.operator;
  const key = environment.get(env.dashboardKey.key);
  return url === undefined || !key ? undefined : { url, key, factory, environment };
}

/** Where it runs, the link signs in as the factory's administrator, who acts with a token made for it; else it only shows. */
async function makeLink(tools: Tools, folder: string): Promise<string> {
  const found = await findDashboard(tools, folder);
  if (!found)
    throw new DisintoError("config.missing", "this factory has no dashboard", {
      hint: `set ${env.dashboardPort.key}=3080 in .env, then run disinto init and disinto up`,
    });
  const { url, key } = found;
  const nowS = Math.floor(tools.clock.now().getTime() / 1000);
  const code = (await handOver(tools, found)) ?? makeLinkCode(key, nowS);
  return `${url}/login/link?code=${code}`;
}

/** Makes nothing on the forge; who comes with it reads, and signs in anew to act. */
export async function makeReadingLink(tools: Tools, folder: string): Promise<string | undefined> {
  const found = await findDashboard(tools, folder);
  if (!found) return undefined;
  const nowS = Math.floor(tools.clock.now().getTime() / 1000);
  return `${found.url}/login/link?code=${makeLinkCode(found.key, nowS)}`;
}

type Found = NonNullable<Awaited<ReturnType<typeof findDashboard>>>;

const SCOPES = ["read:user", "write:issue", "write:repository"];

/** Undefined where the dashboard does not answer yet, or nobody has the administrator's password. */
async function handOver(
  tools: Tools,
  { url, key, factory, environment }: Found,
): Promise<string | undefined> {
  const password = environment.get(env.forgeAdminPass.key);
  const isUp = await fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!isUp || !password) return undefined;
  const login = factory.forge.adminUser;
  const { tokens } = await tools.forgeAdmin(factory.forge.url, { login, password });
  const name = `dashboard-${crypto.randomUUID().slice(0, 8)}`;
  const token = await tokens.create({ login, password }, { name, scopes: SCOPES });
  const answer = await fetch(`${url}/links`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ login, token }),
  });
  if (!answer.ok)
    throw new DisintoError("credentials.wrong", `the dashboard at ${url} does not know this key`, {
      hint: "run disinto up",
    });
  return ((await answer.json()) as { code: string }).code;
}

async function replay(
  tools: Tools,
  folder: string,
  { speed, port = 0 }: DashboardFlags,
): Promise<ExitCode> {
  const { startReplay } = await import("../dashboard/serve.ts");
  const { clock, signal } = tools;
  const place = { folder: path.resolve(folder), speed, port, assets: findAssets(tools) };
  const server = await startReplay({ ...place, clock, signal });
  tools.say(`the recording plays at http://127.0.0.1:${server.port}`);
  await untilAborted(signal);
  server.close();
  return ExitCode.done;
}

function findAssets({ packageFolder }: Tools): string {
  return path.join(packageFolder, "dashboard");
}

export async function serveDashboard(tools: Tools): Promise<ExitCode> {
  const settings = readDashboardSettings(tools.environment);
  const { startDashboard } = await import("../dashboard/serve.ts");
  const { buildForgeActs } = await import("../dashboard/forge-acts.ts");
  const { clock, signal, forge, scratchMirror } = tools;
  const { forgeUrl, factoryRepo: repo, forgeToken: token } = settings;
  const login = `${settings.factory}-dashboard`;
  const { mirror, discard } = await scratchMirror({ forgeUrl, repo, login, token });
  const server = await startDashboard({
    settings,
    clock,
    signal,
    assets: findAssets(tools),
    forge: await forge(settings.forgeUrl, settings.forgeToken),
    pauses: () => listPauses(mirror),
    acts: buildForgeActs({ settings, clock, forge, scratchMirror }),
  });
  tools.print(`the dashboard listens on port ${server.port}\n`);
  await untilAborted(signal);
  server.close();
  await discard();
  return ExitCode.done;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
