/** Makes the running services match the configuration: look, plan, ask, act, read back. */

import { withLock } from "../config/file-lock.ts";
import type { ServiceStep } from "../core/plan.ts";
import { formatPlan, formatUnmanaged, listServices } from "../core/plan-text.ts";
import { engines } from "../engines/definitions.ts";
import { DisintoError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { OneShots } from "../ports/one-shots.ts";
import { execute } from "./execute.ts";
import { recordImages } from "./image-record.ts";
import { type Fleet, type Plan, planFleet, requireCredentials } from "./observe.ts";
import { buildServiceHandlers } from "./service-handlers.ts";

export interface UpOptions extends Fleet {
  readonly say: (line: string) => void;
  readonly oneShots: OneShots;
  /** A person watches: each service is told as it comes up. */
  readonly terminal?: { readonly clock: Clock } | undefined;
  /** Only these services, for instance the forge alone before there are credentials. */
  readonly only?: readonly string[];
  /** Removals are meant. */
  readonly remove?: boolean;
  /** Asks a person; absent where there is none to ask. */
  readonly confirm?: (question: string) => Promise<boolean>;
  readonly dryRun?: boolean;
  /** How long to wait for another disinto at work in this factory. */
  readonly waitMs?: number;
}

export interface Applied extends Plan {
  /** Nothing was done because nothing had to be, or because this was a dry run. */
  readonly changed: boolean;
}

export async function applyServices(options: UpOptions): Promise<Applied> {
  const { folder, waitMs = 0 } = options;
  return withLock({ folder, name: "operator", waitMs }, () => apply(options));
}

async function apply(options: UpOptions): Promise<Applied> {
  const { say, only } = options;
  const plan = await planFleet(options, only);
  requireCredentials(plan.missing);
  const { desired, steps } = plan;
  for (const line of formatUnmanaged(plan.unmanaged)) say(line);
  if (options.dryRun) return { ...plan, changed: false };
  if (steps.length === 0) {
    await recordImages({ ...options, rendered: plan.rendered, planned: plan.rendered });
    return { ...plan, changed: false };
  }
  say(formatPlan(steps, desired));
  const { caution } = engines[options.factory.engine];
  // The forge alone runs no agent.
  if (caution && only === undefined) say(caution);
  await requireConsent(steps, options);
  await carryOut(plan, options);
  return { ...plan, changed: true };
}

async function carryOut(plan: Plan, options: UpOptions): Promise<void> {
  const { steps, rendering, rendered: planned } = plan;
  const { factory, adopted = [], only } = options;
  const failures = new Map<string, string>();
  const handlers = buildServiceHandlers({
    ...options,
    rendering,
    image: factory.images.agents,
    adopted,
    reportFailure: (service, reason) => failures.set(service, reason),
  });
  const replan = async () => {
    const after = await planFleet({ ...options, adopted: [] }, only);
    await recordImages({ ...options, rendered: after.rendered, planned });
    return after.steps;
  };
  const explainFailure = async (open: readonly ServiceStep[]): Promise<DisintoError> => {
    for (const service of listStarts(open))
      if (!failures.has(service)) await addLastWords(options, service, failures);
    return explain(open, failures);
  };
  await execute({ steps, handlers, replan, explain: explainFailure });
}

/** A typo in LLAMA_BOTS must not cost a running bot. */
async function requireConsent(steps: readonly ServiceStep[], options: UpOptions): Promise<void> {
  const removed = steps.flatMap(({ action }) =>
    action.kind === "remove-service" && action.needsConsent ? [action.service] : [],
  );
  if (removed.length === 0 || options.remove) return;
  const list = removed.join(", ");
  if (await options.confirm?.(`remove ${list}? their volumes are kept`)) return;
  throw new DisintoError("removal.unconfirmed", `this would remove ${list}; nothing was changed`, {
    hint: "to confirm: disinto up --remove",
  });
}

function listStarts(open: readonly ServiceStep[]): readonly string[] {
  return open.flatMap(({ action }) =>
    action.kind === "start-services" ? action.starts.map(({ service }) => service) : [],
  );
}

const LAST_WORDS = 8;

/** It was started and is not there: why, it has said itself, on either of its streams. */
async function addLastWords(
  { containers }: Pick<UpOptions, "containers">,
  service: string,
  failures: Map<string, string>,
): Promise<void> {
  const lines: string[] = [];
  const show = (line: string): void => void lines.push(line.trimEnd());
  try {
    await containers.showLogs([service], { follow: false, show });
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
  }
  const words = lines.filter((line) => line !== "").slice(-LAST_WORDS);
  if (words.length > 0) failures.set(service, `it ended:\n${words.join("\n")}`);
}

/** What the engine says now; where it said why, its words. */
function explain(
  open: readonly ServiceStep[],
  failures: ReadonlyMap<string, string>,
): DisintoError {
  const reasons = open.flatMap(({ action, because }): readonly string[] => {
    if (action.kind === "start-services")
      return action.starts.map(
        (one) => `${one.service}: ${failures.get(one.service) ?? one.because}`,
      );
    if (action.kind === "create-volume") return [`volume ${action.volume}: it was not created`];
    return listServices(action).map((service) => `${service}: ${because}`);
  });
  return new DisintoError("engine.failed", `not everything is up\n${reasons.join("\n")}`, {
    hint: "fix the errors above and run disinto up again; everything else is running",
  });
}
