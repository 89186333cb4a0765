/** Makes the running services match the configuration: look, plan, ask, act, read back. */

import { withLock } from "../config/file-lock.ts";
import type { Step } from "../core/plan.ts";
import { formatPlan, formatUnmanaged } from "../core/plan-text.ts";
import { DisintoError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { OneShots } from "../ports/one-shots.ts";
import { execute, type Failures } from "./execute.ts";
import { type Fleet, type Plan, planFleet } from "./observe.ts";

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
  const { containers, folder, say, only } = options;
  const plan = await planFleet(options, only);
  const { desired, rendering, steps } = plan;
  for (const line of formatUnmanaged(plan.unmanaged)) say(line);
  if (steps.length === 0 || options.dryRun) return { ...plan, changed: false };
  say(formatPlan(steps, desired));
  await requireConsent(steps, options);
  const failures = await execute(steps, {
    folder,
    containers,
    rendering,
    desired,
    oneShots: options.oneShots,
    terminal: options.terminal,
    image: options.factory.images.agents,
    adopted: options.adopted ?? [],
    say,
  });
  await readBack(options, failures);
  return { ...plan, changed: true };
}

/** A typo in LLAMA_BOTS must not cost a running bot. */
async function requireConsent(steps: readonly Step[], options: UpOptions): Promise<void> {
  const removed = steps.flatMap(({ action }) =>
    action.kind === "remove-service" && action.needsConsent ? [action.service] : [],
  );
  if (removed.length === 0 || options.remove) return;
  const list = removed.join(", ");
  if (await options.confirm?.(`remove ${list}? their volumes are kept`)) return;
  throw new DisintoError("removal.unconfirmed", `this would remove ${list}; nothing was changed`, {
    hint: "if that is meant: disinto up --remove",
  });
}

/** What the engine now says, not what it was told. */
async function readBack(options: UpOptions, failures: Failures): Promise<void> {
  const { steps } = await planFleet({ ...options, adopted: [] }, options.only);
  const open = steps.flatMap(({ action, because }) => {
    if (!("service" in action)) return [];
    return [`${action.service}: ${failures.get(action.service) ?? because}`];
  });
  if (open.length === 0) return;
  throw new DisintoError("engine.failed", `not everything is up\n${open.join("\n")}`, {
    hint: "mend the cause and run disinto up again; everything else is running",
  });
}
