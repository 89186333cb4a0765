/** The loop of the dev role. A restart goes on where the journal ends. */

import { enforceDiskLimit, removeLeftovers } from "../../bot/loop/disk.ts";
import type { Failure } from "../../bot/loop/failure.ts";
import { repeat } from "../../bot/loop/repeat.ts";
import type { RoleRun } from "../../bot/loop/role-run.ts";
import { type BotTools, projectOf } from "../../bot/tools.ts";
import type { Journal } from "../../ports/journal.ts";
import { block } from "./activities/blocked.ts";
import { check } from "./activities/checking.ts";
import { Chooser } from "./activities/choosing.ts";
import { close } from "./activities/closing.ts";
import { code } from "./activities/coding.ts";
import { merge } from "./activities/merging.ts";
import { prepare } from "./activities/preparing.ts";
import { publish } from "./activities/publishing.ts";
import { awaitReview } from "./activities/reviewing.ts";
import { withdraw } from "./activities/withdrawing.ts";
import { withIssueWatch } from "./issue-watch.ts";
import { leaveLaneAfter } from "./lane.ts";
import {
  type Activities,
  type Budget,
  type Outcome,
  type State,
  type StateName,
  turn,
} from "./machine.ts";
import { recover } from "./recovery.ts";
import { describeTurn } from "./turn-events.ts";
import { factsOf, type Work } from "./work.ts";

const MAX_ATTEMPTS = 3;

export async function runDev({ tools, signal, once }: RoleRun): Promise<void> {
  const loop = new DevLoop(tools, tools.openJournal<State>());
  await repeat(tools, signal, {
    act: async (signal) => {
      const ended = await loop.turn(signal);
      return once && ended ? "stop" : "go";
    },
    recover: (failure) => loop.recover(failure, signal),
  });
}

class DevLoop {
  readonly #tools: BotTools;
  readonly #journal: Journal<State>;
  readonly #activities: Activities;
  /** Undefined until it is loaded. */
  #state: State | undefined;

  constructor(tools: BotTools, journal: Journal<State>) {
    this.#tools = tools;
    this.#journal = journal;
    this.#activities = bindActivities(tools);
  }

  /** Returns true if the bot is done with an issue. */
  async turn(signal: AbortSignal): Promise<boolean> {
    const state = this.#state ?? (await this.#begin());
    const budget = budgetOf(this.#tools, state);
    if ("work" in state && !(await syncLease(this.#tools, state.work, signal)))
      await this.#move(state, { at: "choosing" });
    else
      await this.#move(state, await turn(state, { activities: this.#activities, budget }, signal));
    const ended = this.#state?.at === "choosing" && state.at !== "choosing";
    if (ended) await enforceDiskLimit(this.#tools);
    return ended;
  }

  async recover(failure: Failure, signal: AbortSignal): Promise<void> {
    const state = this.#state ?? { at: "choosing" };
    const next = await recover(this.#tools, { state, failure, signal });
    if (next !== state) await this.#move(state, next);
  }

  async #begin(): Promise<State> {
    const state = (await loadKnown(this.#tools, this.#journal)) ?? { at: "choosing" };
    await removeLeftovers(this.#tools, "work" in state ? state.work : undefined);
    await enforceDiskLimit(this.#tools);
    this.#state = state;
    return state;
  }

  async #move(from: State, to: State): Promise<void> {
    await this.#journal.save(to);
    this.#state = to;
    for (const event of describeTurn(from, to)) this.#tools.events.append(event);
  }
}

/** What must outlive this bot goes into the lease before more is spent; false: the lease is not ours. */
async function syncLease(tools: BotTools, work: Work, signal: AbortSignal): Promise<boolean> {
  const { claims } = projectOf(tools, work.project);
  const facts = factsOf(work);
  const done = await claims.withLease(work.issue, signal, async (claim) => {
    if (!(isEqual(claim.counters, work.counters) && isEqual(claim.facts, facts)))
      await claim.store({ counters: work.counters, facts });
    return { type: "carried" } as const;
  });
  return done.type === "carried";
}

function isEqual(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>) {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => one[key] === other[key]);
}

/** A journal entry of an older version, or about a project that this bot no longer has, is dropped: the lease tells more. */
async function loadKnown(tools: BotTools, journal: Journal<State>): Promise<State | undefined> {
  const state = await journal.load();
  if (!state || !("work" in state)) return state;
  const isKnown = tools.projects.has(state.work.project) && typeof state.work.pin === "string";
  return isKnown ? state : undefined;
}

function budgetOf(tools: BotTools, state: State): Budget {
  const limits =
    "work" in state
      ? projectOf(tools, state.work.project).project.limits
      : { ciFixes: 0, reviewRounds: 0, infrastructureRetries: 0, mergeAttempts: 0 };
  return { ...limits, attempts: MAX_ATTEMPTS };
}

type Act<A extends StateName> = (
  tools: BotTools,
  state: State<A>,
  signal: AbortSignal,
) => Promise<Outcome<A>>;

function bindActivities(tools: BotTools): Activities {
  const chooser = new Chooser(tools);
  const bind =
    <A extends StateName>(act: Act<A>) =>
    (state: State<A>, signal: AbortSignal) =>
      act(tools, state, signal);
  const guard =
    <A extends "preparing" | "coding" | "publishing" | "checking" | "reviewing" | "merging">(
      act: Act<A>,
    ) =>
    async (state: State<A>, signal: AbortSignal): Promise<Outcome<A>> => {
      const { work } = state as { readonly work: Work };
      const outcome = await withIssueWatch(tools, {
        at: state.at,
        work,
        signal,
        act: (signal) => act(tools, state, signal),
      });
      return leaveLaneAfter(projectOf(tools, work.project), outcome as Outcome<A>);
    };
  return {
    choosing: (_, signal) => chooser.choose(signal),
    preparing: guard(prepare),
    coding: guard(code),
    publishing: guard(publish),
    checking: guard(check),
    reviewing: guard(awaitReview),
    merging: guard(merge),
    closing: bind(close),
    blocked: bind(block),
    withdrawing: bind(withdraw),
  };
}
