/** `disinto status`: problems first, then what is declared beside what runs and what each bot is at. */

import { resolve } from "node:path";
import { readAdministrator } from "../apply/administrator.ts";
import { type BotReport, reportBots, reportOthers } from "../apply/bot-report.ts";
import { findCiProblems } from "../apply/ci-problems.ts";
import { writeEngineFacts } from "../apply/dashboard.ts";
import { checkForgeVersion, markTaken } from "../apply/forge-problems.ts";
import { BACKLOG, BLOCKED } from "../bot/issue/choose.ts";
import { formatPause } from "../bot/leases/pauses.ts";
import { deriveDesired } from "../core/desired.ts";
import { describeSilence, describeTooOld } from "../core/forge-version.ts";
import { describeWork } from "../core/problems.ts";
import { formatStatus, type ServiceStatus, summarizeServices } from "../core/service-status.ts";
import { FactoryHistory } from "../core/snapshot/history.ts";
import { deriveSnapshot, type ForgeFacts, NO_FORGE } from "../core/snapshot/snapshot.ts";
import { formatWaitingIssue } from "../core/waiting.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
import { env } from "../settings/env.ts";
import { openFleet } from "./fleet.ts";
import { readAllEvents } from "./issue-context.ts";
import { findPauses } from "./pausing.ts";
import type { Tools } from "./tools.ts";

type Fleet = Awaited<ReturnType<typeof openFleet>>;

export async function status(
  tools: Tools,
  { folder, json }: { folder: string; json?: boolean },
): Promise<ExitCode> {
  const { problems, services, waiting } = await observeFactory(tools, folder);
  if (json) tools.print(`${JSON.stringify({ problems, services, waiting }, undefined, 2)}\n`);
  else {
    for (const { text } of problems) tools.print(`! ${text}\n`);
    tools.print(`${formatStatus(services)}\n`);
    for (const one of waiting) tools.print(`${formatWaitingIssue(one)}\n`);
  }
  return ExitCode.done;
}

async function observeFactory(tools: Tools, folder: string) {
  const fleet = await openFleet(tools, folder);
  const { factory, containers } = fleet;
  const [{ containers: observed }, events] = await Promise.all([
    containers.observe(),
    readAllEvents(tools, factory, folder),
  ]);
  const history = new FactoryHistory();
  for (const [service, own] of events) for (const event of own) history.add(event, service);
  const services = summarizeServices(deriveDesired(factory, resolve(folder)), observed).map(
    (service) => {
      const own = history.statuses.get(service.service);
      return { ...service, work: own && service.running ? describeWork(own) : "" };
    },
  );
  const isForgeUp = !forgeKinds[factory.forge.kind].service || isRunning(services, FORGE_SERVICE);
  const pauses = isForgeUp ? await findPauses(tools, fleet) : [];
  const forge = {
    ...(isForgeUp ? await readForge(tools, fleet, services) : NO_FORGE),
    pauses: pauses.map((one) => ({ ...one, text: formatPause(one) })),
  };
  const asked = { ...fleet, forge: tools.forge };
  const reports = isForgeUp ? await reportBots({ ...asked, events, observed }) : [];
  const others = isForgeUp ? await reportOthers(asked) : [];
  const credentials = [...(await findTaken(tools, fleet, reports)), ...others];
  const now = tools.clock.now().toISOString();
  const { projects } = factory;
  await writeEngineFacts(folder, factory, { at: now, services });
  return deriveSnapshot(
    { now, history, forge, services, projects, credentials },
    { backlog: BACKLOG, blocked: BLOCKED },
  );
}

function isRunning(
  services: readonly { readonly service: string; readonly running: boolean }[],
  name: string,
): boolean {
  return services.some(({ service, running }) => service === name && running);
}

/** Whoever cannot look as the administrator leaves it at what the tokens say. */
async function findTaken(
  tools: Tools,
  { factory, environment }: Fleet,
  bots: readonly BotReport[],
) {
  const password = environment.get(env.forgeAdminPass.key);
  const isAsked = bots.some(({ credentials }) => /^(refused|foreign)$/.test(credentials));
  if (!password || !isAsked) return bots;
  const { url, adminUser: login } = factory.forge;
  try {
    return await markTaken(bots, await tools.forgeAdmin(url, { login, password }), factory.id);
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
    return bots;
  }
}

/** Before `init` nobody can ask; a forge that does not answer is a problem of its own. */
async function readForge(
  tools: Tools,
  { factory, environment }: Fleet,
  services: readonly ServiceStatus[],
): Promise<ForgeFacts> {
  const administrator = readAdministrator(factory, environment);
  if (!administrator) return NO_FORGE;
  const { url } = factory.forge;
  const probe = await tools.probeForge(url, administrator);
  if (probe.version === undefined) {
    const state = services.find(({ service }) => service === FORGE_SERVICE)?.state;
    const text = describeSilence(factory, { reason: probe.failure.message, state });
    return { ...NO_FORGE, problems: [{ kind: "forge", text }] };
  }
  const tooOld = describeTooOld(url, probe.version);
  if (tooOld) return { ...NO_FORGE, problems: [{ kind: "forge", text: tooOld }] };
  try {
    const admin = await tools.forgeAdmin(url, administrator);
    const { forge } = admin;
    const open = await Promise.all(
      factory.projects.map(async ({ name: project, repo }) =>
        (await forge.issues(repo).listOpen()).map(({ number: issue, ...rest }) => {
          return { project, issue, ...rest };
        }),
      ),
    );
    const pulls = await Promise.all(
      factory.projects.map(async ({ name: project, repo }) =>
        (await forge.pulls(repo).listOpen()).map(({ number: pull, headSha }) => {
          return { project, pull, headSha };
        }),
      ),
    );
    const problems = [
      ...(await checkForgeVersion(factory, async () => probe)),
      ...(await findCiProblems({ ...tools, factory, environment, forge: admin })),
    ];
    return { issues: open.flat(), pulls: pulls.flat(), problems };
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
    return { ...NO_FORGE, problems: [{ kind: "forge", text: error.message }] };
  }
}
