/** `disinto status`: problems first, then what is declared beside what runs and what each bot is at. */

import { resolve } from "node:path";
import { BLOCKED } from "../bot/issue/choose.ts";
import { type StampedEvent, summarizeEvents } from "../core/bot-status.ts";
import { deriveDesired } from "../core/desired.ts";
import {
  type BlockedIssue,
  describeBlocked,
  describeWork,
  findOpenBreakers,
  findRefusals,
  type Problem,
} from "../core/problems.ts";
import { formatStatus, summarizeServices } from "../core/service-status.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
import { env } from "../settings/env.ts";
import { openFleet } from "./fleet.ts";
import { readAllEvents } from "./issue-context.ts";
import type { Tools } from "./tools.ts";

type Fleet = Awaited<ReturnType<typeof openFleet>>;

export async function status(
  tools: Tools,
  { folder, json }: { folder: string; json?: boolean },
): Promise<ExitCode> {
  const fleet = await openFleet(tools, folder);
  const { factory, containers } = fleet;
  const [{ containers: observed }, events] = await Promise.all([
    containers.observe(),
    readAllEvents(tools, factory, folder),
  ]);
  const statuses = new Map([...events].map(([name, own]) => [name, summarizeEvents(own)]));
  const services = summarizeServices(deriveDesired(factory, resolve(folder)), observed).map(
    (service) => {
      const own = statuses.get(service.service);
      return { ...service, work: own && service.running ? describeWork(own) : "" };
    },
  );
  const isForgeUp = !forgeKinds[factory.forge.kind].service || isRunning(services, FORGE_SERVICE);
  const problems = [
    ...findOpenBreakers(statuses.values()),
    ...findRefusals([...events.values()].flat(), factory.projects),
    ...(isForgeUp ? await findBlocked(tools, fleet, [...events.values()].flat()) : []),
  ];
  if (json) tools.print(`${JSON.stringify({ problems, services }, undefined, 2)}\n`);
  else {
    for (const { text } of problems) tools.print(`! ${text}\n`);
    tools.print(`${formatStatus(services)}\n`);
  }
  return ExitCode.done;
}

function isRunning(
  services: readonly { readonly service: string; readonly running: boolean }[],
  name: string,
): boolean {
  return services.some(({ service, running }) => service === name && running);
}

/** Before `init` nobody can ask; a forge that does not answer is a problem of its own. */
async function findBlocked(
  tools: Tools,
  { factory, environment }: Fleet,
  events: readonly StampedEvent[],
): Promise<readonly Problem[]> {
  const password = environment.get(env.forgeAdminPass.key);
  if (!password) return [];
  const { url, adminUser: login } = factory.forge;
  try {
    const { forge } = await tools.forgeAdmin(url, { login, password });
    const blocked: BlockedIssue[] = [];
    for (const { name: project, repo } of factory.projects) {
      for (const { number: issue, title } of await forge.issues(repo).listOpen(BLOCKED))
        blocked.push({ project, issue, title });
    }
    return describeBlocked(blocked, events);
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
    return [{ kind: "forge", text: error.message }];
  }
}
