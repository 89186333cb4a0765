/** One claimed issue as the machine remembers it: small, and enough to go on after a crash or a takeover. Pure. */

import type { Counters, Facts } from "../../bot/leases/record.ts";
import type { Usage } from "../../ports/harness.ts";

export interface Work {
  readonly project: string;
  readonly issue: number;
  readonly title: string;
  /** How often each cause has sent the work back; stored in the lease too. */
  readonly counters: Counters;
  /** Digest of the issue's text that the work answers; another text is judged by who may have written it. */
  readonly pin: string;
  /** The newest entry of the issue's timeline when it was claimed; what people did after it counts. */
  readonly since?: number;
  /** Logins of the bots that held this work; what they did to the issue is nobody's act. */
  readonly hands?: readonly string[];
  /** It was in progress and assigned to this bot without a lease: its branch is ours, whoever committed. */
  readonly isLeftOver?: boolean;
  /** What the next attempt must answer: a red check, a review, a conflict. */
  readonly feedback?: string;
  /** The part of it that stands until something is published, whatever becomes of a session. */
  readonly asked?: string;
  /** The issue's one pull request, once it was seen. */
  readonly pull?: number;
  /** Tree that is to be published; a head of this tree was pushed, whatever the bot that did it still remembered. */
  readonly publishing?: string;
  /** The agent's own session of the last attempt. */
  readonly session?: string;
  /** Sum over all sessions of this bot. */
  readonly usage?: Usage;
  /** Protected paths that the change touches with leave of a trusted person, who merges it by hand. */
  readonly handOver?: readonly string[];
}

export interface PreparedWork extends Work {
  /** Commit of the primary branch that the work builds on. */
  readonly base: string;
  /** Commit that the harness starts from: the base, or the earlier work laid on it. */
  readonly start: string;
  /** Head of the work branch on the forge as last seen; undefined while there is none. */
  readonly head: string | undefined;
  /** What an interrupted session left, as a commit in the mirror; the next session goes on from there. */
  readonly parked?: string;
}

export interface PublishedWork extends Work {
  readonly head: string;
  readonly pull: number;
  /** The head that this bot pushed itself: another one, whoever it is by, is not merged as it is. */
  readonly pushed?: string;
  /** Found on the forge by a claim that knows nothing of it: what CI said of it was of an earlier day. */
  readonly isFound?: boolean;
}

/** Answered by what was pushed: feedback and the folder's commits are forgotten, all else stays. */
export function toPublished(
  { project, issue, title, counters, pin, since, hands, session, usage, handOver }: Work,
  { head, pull, pushed }: Pick<PublishedWork, "head" | "pull" | "pushed">,
): PublishedWork {
  return {
    project,
    issue,
    title,
    counters,
    pin,
    head,
    pull,
    ...(pushed !== undefined && { pushed }),
    ...(since !== undefined && { since }),
    ...(hands && { hands }),
    ...(session !== undefined && { session }),
    ...(usage && { usage }),
    ...(handOver && { handOver }),
  };
}

/**
 * What travels in the lease beside the counters, for the bot that may have to go on with the work. Anybody who may write code
 * can write a lease: what the work was sent back for is read from CI and the reviews again, never from here.
 */
export function factsOf(work: Work): Facts {
  const { pin, since, hands, isLeftOver, pull, publishing, feedback } = work;
  return {
    pin,
    ...(since !== undefined && { since: String(since) }),
    ...(hands && { hands: hands.join(" ") }),
    ...(isLeftOver && { leftOver: "yes" }),
    ...(publishing !== undefined && { publishing }),
    ...(pull !== undefined && { pull: String(pull) }),
    ...(feedback && { sentBack: "1" }),
  };
}

/** Returns false if it waits for checks, a review or its merge. */
export function needsModel({ pull, sentBack }: Facts): boolean {
  return pull === undefined || sentBack !== undefined;
}

interface StoredWork {
  readonly project: string;
  readonly issue: { readonly number: number; readonly title: string };
  readonly counters: Counters;
  readonly facts: Facts;
  /** The digest of the current text, for a lease that carries none. */
  readonly pin: string;
  /** The bot that goes on with it. */
  readonly user: string;
}

function withHand(hands: string | undefined, user: string): readonly string[] {
  return [...new Set([...(hands ?? "").split(" ").filter((hand) => hand !== ""), user])];
}

/** Unfinished work as its lease tells it, whoever held it before. */
export function resumeWork({ project, issue, counters, facts, pin, user }: StoredWork): Work {
  const [pull, since] = [Number(facts.pull), Number(facts.since)];
  return {
    project,
    issue: issue.number,
    title: issue.title,
    counters,
    pin: facts.pin ?? pin,
    hands: withHand(facts.hands, user),
    ...(Number.isSafeInteger(since) && { since }),
    ...(facts.leftOver === "yes" && { isLeftOver: true }),
    ...(facts.publishing && { publishing: facts.publishing }),
    ...(Number.isSafeInteger(pull) && pull > 0 && { pull }),
  };
}

export function addUsage(one: Usage | undefined, other: Usage): Usage {
  if (!one) return other;
  return {
    turns: one.turns + other.turns,
    toolCalls: one.toolCalls + other.toolCalls,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    money: one.money + other.money,
  };
}
