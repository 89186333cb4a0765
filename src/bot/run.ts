/** The loops of a bot, one per role, so that a slow role never stops another. A restart goes on where the journal ends. */
import { DisintoError } from "../errors.ts";
import type { Journal } from "../ports/journal.ts";
import { block } from "./activities/blocked.ts";
import { check } from "./activities/checking.ts";
import { choose } from "./activities/choosing.ts";
import { close } from "./activities/closing.ts";
import { code } from "./activities/coding.ts";
import { merge } from "./activities/merging.ts";
import { prepare } from "./activities/preparing.ts";
import { publish } from "./activities/publishing.ts";
import { awaitReview } from "./activities/reviewing.ts";
import { type Activities, type Budget, type State, turn } from "./machine.ts";
import { reviewNext } from "./review/queue.ts";
import { type BotTools, projectOf } from "./tools.ts";

const MAX_ATTEMPTS = 3;
const MAX_BACKOFF_MS = 60_000;

interface Run {
  readonly tools: BotTools;
  readonly signal: AbortSignal;
  /** End after the first issue that is done with. */
  readonly once: boolean;
}

export async function runDev({ tools, signal, once }: Run, journal: Journal<State>): Promise<void> {
  const activities = bindActivities(tools);
  let state = (await loadKnown(tools, journal)) ?? ({ at: "choosing" } as State);
  await repeat({ tools, signal }, async () => {
    const next = await turn(state, { activities, budget: budgetOf(tools, state) }, signal);
    if (signal.aborted) return "stop";
    await journal.save(next);
    report(tools, state, next);
    const ended = next.at === "choosing" && state.at !== "choosing";
    state = next;
    return once && ended ? "stop" : "go";
  });
}

export async function runReview({ tools, signal, once }: Run): Promise<void> {
  const reviewed = new Map<string, string>();
  await repeat({ tools, signal }, async () => {
    const found = await reviewNext(tools, reviewed, signal);
    if (!found) await tools.clock.sleep(tools.pollIntervalMs, signal);
    return once && found ? "stop" : "go";
  });
}

/** Turn after turn; a failure that the outside caused is reported and waited out, anything else is a bug and ends the bot. */
async function repeat(
  { tools, signal }: Omit<Run, "once">,
  act: () => Promise<"go" | "stop">,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      if ((await act()) === "stop") return;
      tools.progress.note();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof DisintoError)) throw error;
      const retryInMs = Math.min(MAX_BACKOFF_MS, tools.pollIntervalMs * 2 ** failures++);
      tools.events.append({ type: "failure", code: error.code, message: error.message, retryInMs });
      await tools.clock.sleep(retryInMs, signal);
    }
  }
}

/** A journal entry about a project that this bot no longer has is dropped; its lease lapses. */
async function loadKnown(tools: BotTools, journal: Journal<State>): Promise<State | undefined> {
  const state = await journal.load();
  return state && "work" in state && !tools.projects.has(state.work.project) ? undefined : state;
}

function budgetOf(tools: BotTools, state: State): Budget {
  const limits =
    "work" in state
      ? projectOf(tools, state.work.project).project.limits
      : { ciFixes: 0, reviewRounds: 0, infrastructureRetries: 0, mergeAttempts: 0 };
  return { ...limits, attempts: MAX_ATTEMPTS };
}

function report({ events }: BotTools, from: State, to: State): void {
  if ("work" in to) {
    const { project, issue, feedback } = to.work;
    const reason = to.at === "blocked" ? to.reason : feedback;
    const pull = "pull" in to.work ? { pull: to.work.pull } : {};
    events.append({
      type: "state.entered",
      at: to.at,
      project,
      issue,
      ...pull,
      ...(reason && { reason }),
    });
  } else if ("work" in from) {
    events.append({ type: "issue.released", project: from.work.project, issue: from.work.issue });
  }
}

function bindActivities(tools: BotTools): Activities {
  return {
    choosing: (_, signal) => choose(tools, signal),
    preparing: (state, signal) => prepare(tools, state, signal),
    coding: (state, signal) => code(tools, state, signal),
    publishing: (state, signal) => publish(tools, state, signal),
    checking: (state, signal) => check(tools, state, signal),
    reviewing: (state, signal) => awaitReview(tools, state, signal),
    merging: (state, signal) => merge(tools, state, signal),
    closing: (state, signal) => close(tools, state, signal),
    blocked: (state, signal) => block(tools, state, signal),
  };
}
