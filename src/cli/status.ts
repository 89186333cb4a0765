/** `disinto status`: problems first, then what is declared beside what runs and what each bot is at. */

import { resolve } from "node:path";
import { reportBots } from "../apply/bot-report.ts";
import { BACKLOG, BLOCKED } from "../bot/issue/choose.ts";
import { formatPause } from "../bot/leases/pauses.ts";
import { summarizeEvents } from "../core/bot-status.ts";
import { deriveDesired } from "../core/desired.ts";
import {
  type BlockedIssue,
  describeBlocked,
  describeDeadServices,
  describeFailing,
  describePauses,
  describeRefused,
  describeWork,
  findGivenUpReviews,
  findOpenBreakers,
  findReachedBudgets,
  findRefusals,
  findSilentCi,
  type OpenPull,
  type Problem,
} from "../core/problems.ts";
import { formatStatus, summarizeServices } from "../core/service-status.ts";
import { type BacklogIssue, findWaiting, formatWaitingIssue } from "../core/waiting.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
import type { Issue } from "../ports/forge.ts";
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
  const issues: OpenIssues = isForgeUp ? await listIssues(tools, fleet) : none;
  const reports = isForgeUp
    ? await reportBots({ ...fleet, forge: tools.forge, events, observed })
    : [];
  const pauses = isForgeUp ? await findPauses(tools, fleet) : [];
  const problems = [
    ...describePauses(pauses.map((one) => ({ ...one, told: formatPause(one) }))),
    ...describeDeadServices(services, statuses),
    ...describeFailing(services, statuses),
    ...describeRefused(reports),
    ...findOpenBreakers(statuses.values()),
    ...findReachedBudgets(statuses.values()),
    ...findSilentCi([...events.values()].flat()),
    ...findRefusals([...events.values()].flat(), factory.projects),
    ...findGivenUpReviews([...events.values()].flat(), issues.pulls),
    ...describeBlocked(issues.blocked, [...events.values()].flat()),
    ...issues.problems,
  ];
  const waiting = findWaiting(issues.backlog, [...statuses.values()]);
  if (json) tools.print(`${JSON.stringify({ problems, services, waiting }, undefined, 2)}\n`);
  else {
    for (const { text } of problems) tools.print(`! ${text}\n`);
    tools.print(`${formatStatus(services)}\n`);
    for (const one of waiting) tools.print(`${formatWaitingIssue(one)}\n`);
  }
  return ExitCode.done;
}

function isRunning(
  services: readonly { readonly service: string; readonly running: boolean }[],
  name: string,
): boolean {
  return services.some(({ service, running }) => service === name && running);
}

interface OpenIssues {
  readonly blocked: readonly BlockedIssue[];
  readonly backlog: readonly BacklogIssue[];
  readonly pulls: readonly OpenPull[];
  readonly problems: readonly Problem[];
}

const none: OpenIssues = { blocked: [], backlog: [], pulls: [], problems: [] };

/** Before `init` nobody can ask; a forge that does not answer is a problem of its own. */
async function listIssues(tools: Tools, { factory, environment }: Fleet): Promise<OpenIssues> {
  const password = environment.get(env.forgeAdminPass.key);
  if (!password) return none;
  const { url, adminUser: login } = factory.forge;
  try {
    const { forge } = await tools.forgeAdmin(url, { login, password });
    const open = await Promise.all(
      factory.projects.map(async ({ name: project, repo }) =>
        (await forge.issues(repo).listOpen()).map((issue) => ({ project, ...issue })),
      ),
    );
    const pulls = await Promise.all(
      factory.projects.map(async ({ name: project, repo }) =>
        (await forge.pulls(repo).listOpen()).map(({ number: pull, headSha }) => {
          return { project, pull, headSha };
        }),
      ),
    );
    return { ...sort(open.flat()), pulls: pulls.flat(), problems: [] };
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
    return { ...none, problems: [{ kind: "forge", text: error.message }] };
  }
}

function sort(
  open: readonly (Issue & { readonly project: string })[],
): Pick<OpenIssues, "blocked" | "backlog"> {
  const named = open.map(({ number: issue, ...rest }) => ({ issue, ...rest }));
  const blocked = named.filter(({ labels }) => labels.includes(BLOCKED));
  const backlog = named.filter((one) => one.labels.includes(BACKLOG) && !blocked.includes(one));
  return { blocked, backlog };
}
