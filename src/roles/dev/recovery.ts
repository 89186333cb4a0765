/** What a dev bot does about each class of failure, once, before it tries again: docs/recovery.md has the table. */

import { removeLeftovers } from "../../bot/loop/disk.ts";
import { type Failure, MAX_REFUSALS, MAX_SERVER_ERRORS } from "../../bot/loop/failure.ts";
import { type BotTools, projectOf } from "../../bot/tools.ts";
import { DisintoError } from "../../errors.ts";
import type { State } from "./machine.ts";
import { charge, isExhausted } from "./retries.ts";
import type { Work } from "./work.ts";

interface FailedTurn {
  readonly state: State;
  readonly failure: Failure;
  readonly signal: AbortSignal;
}

const idle: State = { at: "choosing" };

interface Charge {
  readonly cause: string;
  readonly limit: number;
}

const refusal: Charge = { cause: "refused", limit: MAX_REFUSALS };

/** The state to go on from: the same, unless the failure is about the work. */
export async function recover(tools: BotTools, trouble: FailedTurn): Promise<State> {
  const { state, failure } = trouble;
  switch (failure.kind) {
    case "forge-away":
    case "ci-away":
    case "model-away":
    case "rate-limited":
    case "token-revoked":
      return state;
    case "disk-full":
      await freeDisk(tools, state);
      return state;
    case "git-failed":
      await repairMirrors(tools, state);
      return chargeRefusal(tools, { ...trouble, state: startOver(state) }, refusal);
    case "refused":
      return chargeRefusal(tools, trouble, refusal);
    case "forge-failed":
      return chargeRefusal(tools, trouble, { cause: "serverErrors", limit: MAX_SERVER_ERRORS });
  }
}

async function freeDisk(tools: BotTools, state: State): Promise<void> {
  await removeLeftovers(tools, "work" in state ? state.work : undefined);
  for (const { mirror } of tools.projects.values()) await mirror.compact();
}

async function repairMirrors(tools: BotTools, state: State): Promise<void> {
  for (const { project, mirror } of tools.projects.values())
    if (!("work" in state) || state.work.project === project.name) await mirror.repair();
}

/** Commits that were never pushed may be what git misses; all else is on the forge. */
function startOver(state: State): State {
  if (state.at !== "coding" && state.at !== "publishing") return state;
  const { base: _, start: __, head: ___, parked: ____, ...work } = state.work;
  return { at: "preparing", work };
}

/** Within the issue's budget; then a person is asked, and if even that is refused, the issue is let go. */
async function chargeRefusal(
  tools: BotTools,
  { state, failure, signal }: FailedTurn,
  { cause, limit }: Charge,
): Promise<State> {
  if (!("work" in state)) return state;
  const work = charge(state.work as Work, cause);
  if (!isExhausted(work, cause, limit)) return { ...state, work } as State;
  const reason = `the forge or git refused it ${limit} times: ${failure.error.message}`;
  if (!isLast(state)) return { at: "blocked", work: charge(work, cause, -limit), cause, reason };
  await releaseClaim(tools, work, signal);
  return idle;
}

function isLast({ at }: State): boolean {
  return at === "blocked" || at === "withdrawing" || at === "closing";
}

/** Nothing more can be said about it. A lease that cannot be given back lapses. */
async function releaseClaim(tools: BotTools, work: Work, signal: AbortSignal): Promise<void> {
  const { claims } = projectOf(tools, work.project);
  try {
    await claims.withLease(work.issue, signal, (claim) => claim.release());
  } catch (error) {
    if (!(error instanceof DisintoError)) throw error;
  }
}
