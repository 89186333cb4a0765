import {
  APPROVED,
  BACKLOG,
  BLOCKED,
  findWaitingReason,
  formatWaiting,
  IN_PROGRESS,
  isForeign,
  orderCandidates,
  type WaitingReason,
} from "../../../bot/issue/choose.ts";
import { pinOf } from "../../../bot/issue/trust.ts";
import type { Claim } from "../../../bot/leases/claim.ts";
import type { Claims } from "../../../bot/leases/claims.ts";
import { readHolder } from "../../../bot/leases/lease.ts";
import { deriveClaimRef } from "../../../bot/leases/refs.ts";
import type { BotTools, ProjectTools } from "../../../bot/tools.ts";
import { stripHidden } from "../../../core/hidden-text.ts";
import { DisintoError } from "../../../errors.ts";
import { isLeftOver } from "../../../older/unfinished-issue.ts";
import type { Issue } from "../../../ports/forge.ts";
import { mayTake } from "../approvals.ts";
import { Backlog, type BacklogSnapshot, type ObservedBacklog } from "../backlog.ts";
import { Holds } from "../holds.ts";
import { claimedOf, findAct, findIssue } from "../issue-watch.ts";
import type { Outcome } from "../machine.ts";
import { needsModel, resumeWork, type Work } from "../work.ts";

type Strategy = (observed: ObservedBacklog) => Promise<Work | undefined>;

/** Unfinished work of this bot first, then of bots that did not come back, then the backlog; keeps what it learned. */
export class Chooser {
  readonly #tools: BotTools;
  readonly #backlogs: readonly Backlog[];
  readonly #holds: Holds;
  /** The queue as last reported, by project. */
  readonly #lastReported = new Map<string, string>();

  constructor(tools: BotTools) {
    this.#tools = tools;
    this.#holds = new Holds(tools);
    const nowMs = () => tools.clock.monotonicMs();
    this.#backlogs = [...tools.projects.values()].map((target) => new Backlog(target, nowMs));
  }

  /** Waits one poll when there is nothing. A project that cannot be read keeps no other one from being worked on. */
  async choose(signal: AbortSignal): Promise<Outcome<"choosing">> {
    const failures: DisintoError[] = [];
    const observed = await this.#observe(failures);
    const steps: readonly Strategy[] = [
      (one) => this.#resumeOwn(one),
      (one) => this.#takeOver(one),
      (one) => this.#claimNext(one),
    ];
    for (const step of steps) {
      for (const one of observed) {
        const work = await step(one);
        if (work) return { type: "claimed", work };
      }
    }
    if (failures[0]) throw failures[0];
    const { clock, pollIntervalMs, random } = this.#tools;
    await clock.sleep(pollIntervalMs * (0.9 + 0.2 * random()), signal);
    return { type: "nothing-to-do" };
  }

  async #observe(failures: DisintoError[]): Promise<readonly ObservedBacklog[]> {
    const observed: ObservedBacklog[] = [];
    for (const backlog of this.#backlogs) {
      try {
        observed.push({ backlog, snapshot: await backlog.observe() });
      } catch (error) {
        if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
        failures.push(error);
      }
    }
    return observed;
  }

  async #resumeOwn({ backlog, snapshot }: ObservedBacklog): Promise<Work | undefined> {
    const { claims } = backlog.target;
    for (const number of await orderUnfinished(
      claims,
      snapshot,
      await claims.findOwn(snapshot.refs),
    )) {
      const work = await this.#resume(backlog.target, number, await claims.adopt(number));
      if (work) return work;
    }
    const mine = snapshot.open.filter((issue) => isLeftOver(issue, snapshot, this.#tools.user));
    for (const issue of mine) {
      if (!(await backlog.isTrusted(issue))) continue;
      const since = String(await readNewest(backlog.target, issue.number));
      const claim = await claims.take(issue.number, {
        facts: { pin: pinOf(issue), since, leftOver: "yes" },
      });
      const work = await this.#resume(backlog.target, issue.number, claim);
      if (work) return work;
    }
    return undefined;
  }

  async #takeOver({ backlog, snapshot }: ObservedBacklog): Promise<Work | undefined> {
    const { claims } = backlog.target;
    const expired = await claims.findExpired(snapshot.refs);
    for (const number of await orderUnfinished(claims, snapshot, expired)) {
      const from = await readHolder(
        backlog.target,
        snapshot.refs.get(deriveClaimRef(number)) ?? "",
      );
      const claim = await claims.takeOver(number);
      const { project } = backlog.target;
      if (claim && from !== undefined)
        this.#tools.events.append({
          type: "lease.taken-over",
          project: project.name,
          issue: number,
          from,
        });
      const work = await this.#resume(backlog.target, number, claim);
      if (work) return work;
    }
    return undefined;
  }

  /** Returns undefined if it is not this bot's, or there is nothing left to do. */
  async #resume(
    target: ProjectTools,
    number: number,
    claim: Claim | undefined,
  ): Promise<Work | undefined> {
    if (!claim) return undefined;
    const issue = await findIssue(target, number);
    if (!issue) {
      await claim.release();
      return undefined;
    }
    if (issue.state === "open" && issue.labels.includes(BLOCKED)) {
      // A bot ended between its last word on the issue and the end of its lease.
      await target.issues.relabel(number, { add: [], remove: [BACKLOG, IN_PROGRESS] });
      await target.issues.setAssignees(number, []);
      await claim.release();
      return undefined;
    }
    // What a fresh claim must pass, a lease that somebody left or wrote passes as well.
    if (issue.state === "open" && !(await mayTake(target, issue))) {
      await target.issues.relabel(number, { add: [], remove: [IN_PROGRESS] });
      await target.issues.setAssignees(number, []);
      await claim.release();
      return undefined;
    }
    const { counters, facts } = claim;
    const shown = { number, title: stripHidden(issue.title) };
    const { name: project } = target.project;
    const { user } = this.#tools;
    const work = resumeWork({ project, issue: shown, counters, facts, pin: pinOf(issue), user });
    // What a person did meanwhile is not to be undone before the bot has seen it.
    const act = await findAct(target, issue, claimedOf(this.#tools, work));
    if (issue.state === "open" && !act) await this.#mirrorClaim(target, issue);
    return work;
  }

  async #claimNext({ backlog, snapshot }: ObservedBacklog): Promise<Work | undefined> {
    const candidates = orderCandidates(snapshot.open);
    const waiting = new Map<number, WaitingReason>();
    const held = memoize(() => this.#holds.findReason({ backlog, snapshot }));
    for (const issue of candidates) {
      try {
        const why = await explainWaiting({ backlog, snapshot }, issue, held);
        const work = why ? undefined : await this.#claim(backlog.target, issue);
        if (why) waiting.set(issue.number, why);
        if (work) return work;
      } catch (error) {
        // Whoever filled it up has stopped this issue, and no other.
        if (!isTooLarge(error)) throw error;
        waiting.set(issue.number, { type: "too-large" });
      }
    }
    this.#reportQueue(backlog.target.project.name, waiting);
    return undefined;
  }

  async #claim(target: ProjectTools, listed: Issue): Promise<Work | undefined> {
    const pin = pinOf(listed);
    const claim = await target.claims.take(listed.number, { facts: { pin } });
    if (!claim) return undefined;
    // Before the issue is read: what a person does from here on is seen by one reading or the other.
    const since = await readNewest(target, listed.number).catch(async (error: unknown) => {
      if (isTooLarge(error)) await claim.release();
      throw error;
    });
    // The listing was read before the lease was taken: another bot may have finished the issue in between.
    const issue = await findIssue(target, listed.number);
    if (!issue || !isAvailable(issue) || !(await mayTake(target, issue))) {
      await claim.release();
      return undefined;
    }
    await this.#mirrorClaim(target, issue);
    const project = target.project.name;
    // The text that was judged; if it is another one by now, the work ends before it begins.
    return {
      project,
      issue: issue.number,
      title: stripHidden(listed.title),
      counters: {},
      pin,
      since,
      hands: [this.#tools.user],
    };
  }

  async #mirrorClaim(
    { issues }: ProjectTools,
    { number, labels, assignees }: Issue,
  ): Promise<void> {
    const { user } = this.#tools;
    if (assignees.length !== 1 || assignees[0] !== user) await issues.setAssignees(number, [user]);
    if (!labels.includes(IN_PROGRESS))
      await issues.relabel(number, { add: [IN_PROGRESS], remove: [] });
  }

  /** Each change once. */
  #reportQueue(project: string, waiting: ReadonlyMap<number, WaitingReason>): void {
    const list = [...waiting].map(([issue, why]) => ({ issue, because: formatWaiting(why) }));
    const report = JSON.stringify(list);
    if ((this.#lastReported.get(project) ?? "[]") === report) return;
    this.#lastReported.set(project, report);
    this.#tools.events.append({ type: "queue.seen", project, waiting: list });
  }
}

/** What needs no model comes first: it gets on though the model's server is away, or all its slots are taken. */
async function orderUnfinished(
  claims: Claims,
  { refs }: BacklogSnapshot,
  numbers: readonly number[],
): Promise<readonly number[]> {
  if (numbers.length < 2) return numbers;
  const ranks = new Map<number, number>();
  for (const number of numbers)
    ranks.set(number, needsModel(await claims.readFacts(number, refs)) ? 1 : 0);
  const rankOf = (number: number): number => ranks.get(number) ?? 1;
  return numbers.toSorted((a, b) => rankOf(a) - rankOf(b) || a - b);
}

/** What costs a request is asked last. */
async function explainWaiting(
  { backlog, snapshot }: ObservedBacklog,
  issue: Issue,
  readHeld: () => Promise<string | undefined>,
): Promise<WaitingReason | undefined> {
  const known = {
    leased: snapshot.leased,
    trusted: await backlog.trusted(),
    isApproved: issue.labels.includes(APPROVED) && (await backlog.isTrusted(issue)),
  };
  const cheap = findWaitingReason(issue, { ...known, openDependencies: [], held: undefined });
  if (cheap?.type === "untrusted") await backlog.askApproval(issue);
  if (cheap) return cheap;
  const dependencies = await backlog.judgeDependencies(issue, snapshot.open);
  const held = dependencies.openDependencies.length > 0 ? undefined : await readHeld();
  return findWaitingReason(issue, { ...known, ...dependencies, held });
}

function memoize<Result>(ask: () => Promise<Result>): () => Promise<Result> {
  let answer: Promise<Result> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof DisintoError && error.code === "forge.too-large";
}

async function readNewest({ timeline }: ProjectTools, issue: number): Promise<number> {
  return (await timeline(issue)).at(-1)?.id ?? 0;
}

function isAvailable({ state, labels, isLocked }: Issue): boolean {
  const isMeant = labels.includes(BACKLOG) && !labels.includes(BLOCKED) && !labels.some(isForeign);
  return state === "open" && isMeant && !isLocked;
}
