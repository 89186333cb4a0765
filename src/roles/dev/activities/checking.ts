import { commentOnce } from "../../../bot/issue/comment-once.ts";
import type { Claim } from "../../../bot/leases/claim.ts";
import { type BotTools, type ProjectTools, projectOf } from "../../../bot/tools.ts";
import { findCiLogin } from "../../../ci/definitions.ts";
import type { Ci } from "../../../core/factory.ts";
import type { CiFailure } from "../../../ports/ci.ts";
import type { Pull, Status } from "../../../ports/forge.ts";
import type { Outcome, State } from "../machine.ts";
import { lookForAnswers, type MissingEnd, renewHead, WaitMemory } from "../missing-answers.ts";
import { reopenOwn } from "../own-pull.ts";
import { judgePull, waitForChange } from "../pull-changes.ts";
import { INFRASTRUCTURE, LANE_AFTER, LOST_ROUNDS } from "../retries.ts";
import type { PublishedWork } from "../work.ts";

/** After this long without a decision people are told what is waited for; the bot goes on waiting. */
const LONG_MS = 30 * 60_000;

/** Waits until the required contexts of the head are decided; runs that could not be done are done again. */
export function check(
  tools: BotTools,
  { work }: State<"checking">,
  signal: AbortSignal,
): Promise<Outcome<"checking">> {
  const target = projectOf(tools, work.project);
  return target.claims.withLease(work.issue, signal, (claim, signal) => {
    const memory = new WaitMemory(tools.clock.monotonicMs());
    return awaitCi(tools, { target, work, claim, signal, built: new Set(), memory });
  });
}

interface CiWait {
  readonly target: ProjectTools;
  readonly work: PublishedWork;
  readonly claim: Claim;
  readonly signal: AbortSignal;
  readonly memory: WaitMemory;
  /** Commits of the primary branch that the head is known to build on. */
  readonly built: Set<string>;
}

type Checked = Exclude<Outcome<"checking">, { type: "lost" }>;

async function awaitCi(tools: BotTools, waiting: CiWait): Promise<Checked> {
  const { sinceMs } = waiting.memory;
  for (let looks = 0; ; looks++) {
    const { end, missing } = await look(tools, waiting);
    if (end) return end;
    if (missing.length > 0 && tools.clock.monotonicMs() - sinceMs > LONG_MS)
      await commentOnWaiting(waiting, missing);
    await waitForChange(tools, waiting.signal, looks);
  }
}

interface CheckResult {
  readonly end?: Checked | undefined;
  /** What is not decided yet. */
  readonly missing: readonly string[];
}

async function look(tools: BotTools, waiting: CiWait): Promise<CheckResult> {
  const { target, work } = waiting;
  const verdict = judgeStatuses(
    target.project.ci,
    await target.statuses.of(work.head, findCiLogin(target.project.ci)),
  );
  if (verdict.type === "green" || verdict.type === "stuck") return { end: verdict, missing: [] };
  const missing = verdict.type === "waiting" ? verdict.missing : [];
  const end = verdict.type === "red" ? await answerRed(tools, waiting, verdict.red) : undefined;
  if (end) return { end, missing };
  const pull = await reopenOwn(target, await target.pulls.get(work.pull));
  const change = await judgePull(target, work, pull);
  // The merge is read back, and tidied up after, where the work is merged.
  if (change) return { end: change.type === "merged" ? { type: "green" } : change, missing };
  if (await isOutdated(waiting, pull)) return { end: { type: "behind" }, missing };
  const answer = await lookForAnswers(tools, { ...waiting, pull }, missing);
  return { end: answer && (await toOutcome(tools, waiting, answer)), missing };
}

function toOutcome(
  tools: BotTools,
  waiting: CiWait,
  answer: MissingEnd,
): Promise<Checked | undefined> | Checked {
  return answer.type === "failed" ? judgeFailures(tools, waiting, answer.failures) : answer;
}

/**
 * The primary branch has moved on past the head, so what CI still works out is of no use: it could not be merged. Only
 * while rounds are cheap: who has lost some is checked and reviewed as it stands, and then takes the lane.
 */
async function isOutdated({ target, work, built }: CiWait, { baseSha }: Pull): Promise<boolean> {
  if (built.has(baseSha) || work.handOver?.length) return false;
  if ((work.counters[LOST_ROUNDS] ?? 0) >= LANE_AFTER) return false;
  await target.mirror.refresh();
  if (!(await target.mirror.objects.contains(work.head, baseSha))) return true;
  built.add(baseSha);
  return false;
}

export type StatusVerdict =
  | { readonly type: "green" }
  | { readonly type: "red"; readonly red: readonly Status[] }
  /** These required contexts are not decided, or not there. */
  | { readonly type: "waiting"; readonly missing: readonly string[] }
  | { readonly type: "stuck"; readonly reason: string };

/** Optional contexts decide nothing, and a context that is not there is not green. */
export function judgeStatuses(ci: Ci, statuses: readonly Status[]): StatusVerdict {
  if (ci.required.length === 0) {
    if (ci.whenAbsent === "pass") return { type: "green" };
    return {
      type: "stuck",
      reason:
        'the project requires no CI context: list them in ci.required, or set ci.when_absent = "pass"',
    };
  }
  const known = new Map(statuses.map((status) => [status.context, status]));
  const isMissing = (context: string) =>
    meanings[known.get(context)?.state ?? "pending"] === "waiting";
  const missing = ci.required.filter(isMissing);
  if (missing.length > 0) return { type: "waiting", missing };
  const answers = ci.required.flatMap((context) => known.get(context) ?? []);
  const red = answers.filter(({ state }) => meanings[state] === "red");
  return red.length === 0 ? { type: "green" } : { type: "red", red };
}

const meanings: Readonly<Record<Status["state"], "green" | "red" | "waiting">> = {
  success: "green",
  failure: "red",
  pending: "waiting",
};

/**
 * Red is red for this text: on a head that a new claim only found, the primary branch may have been mended since. It is
 * rebased, or has CI run once more where it builds on that already.
 */
async function answerRed(
  tools: BotTools,
  waiting: CiWait,
  red: readonly Status[],
): Promise<Checked | undefined> {
  const { target, work } = waiting;
  if (!work.isFound) return explainRed(tools, waiting, red);
  const pull = await reopenOwn(target, await target.pulls.get(work.pull));
  const change = await judgePull(target, work, pull);
  if (change) return change.type === "merged" ? { type: "green" } : change;
  if (await isOutdated(waiting, pull)) return { type: "behind" };
  const contexts = red.map(({ context }) => context);
  const isAsked = await target.ci.retry(work.head, contexts);
  // A CI that cannot be asked looks at any head that is new to it.
  const end = isAsked ? ({ type: "rerun" } as const) : await renewHead(tools, waiting);
  report(tools, waiting, contexts);
  return end;
}

function report({ events }: BotTools, { target, work }: CiWait, contexts: readonly string[]): void {
  for (const context of contexts)
    events.append({ type: "ci.retried", project: target.project.name, sha: work.head, context });
}

/** A run that the CI could not do waits one poll before it is done again, then two, then four, … */
const MAX_DOUBLINGS = 6;

/** Returns undefined if a newer run is under way. Runs that the CI could not do are asked for again, within their budget. */
async function explainRed(
  tools: BotTools,
  waiting: CiWait,
  red: readonly Status[],
): Promise<Checked | undefined> {
  const { target, work, memory } = waiting;
  if (memory.retryAtMs !== undefined && tools.clock.monotonicMs() < memory.retryAtMs)
    return undefined;
  return judgeFailures(tools, waiting, await target.ci.explain(work.head, red));
}

async function judgeFailures(
  tools: BotTools,
  waiting: CiWait,
  failures: readonly CiFailure[],
): Promise<Checked | undefined> {
  const { clock, pollIntervalMs } = tools;
  const { target, memory } = waiting;
  const { head, counters } = waiting.work;
  const { ci, project } = target;
  if (failures.some(({ kind }) => kind === "running")) return undefined;
  const foreign = await findForeign(target, head, failures);
  if (foreign.length > 0) return { type: "stuck", reason: formatFailures(head, foreign) };
  const real = failures.filter(({ kind }) => kind === "real" || kind === "not-run");
  if (real.length > 0) return { type: "red", reason: formatFailures(head, real) };
  const reason = formatFailures(head, failures);
  const spent = counters[INFRASTRUCTURE] ?? 0;
  if (spent >= project.limits.infrastructureRetries) return { type: "infrastructure", reason };
  memory.retryAtMs ??= clock.monotonicMs() + pollIntervalMs * 2 ** Math.min(spent, MAX_DOUBLINGS);
  if (clock.monotonicMs() < memory.retryAtMs) return undefined;
  memory.retryAtMs = undefined;
  const contexts = failures.map(({ context }) => context);
  if (!(await ci.retry(head, contexts)))
    return { type: "stuck", reason: `this CI cannot be asked to run again. ${reason}` };
  report(tools, waiting, contexts);
  return { type: "infrastructure", reason };
}

/**
 * Failures that no change of the code can mend: the primary branch fails alike, or a tool or the configuration is at
 * fault and the change does not touch CI's files.
 */
export async function findForeign(
  { mirror, project }: Pick<ProjectTools, "mirror" | "project">,
  head: string,
  failures: readonly CiFailure[],
): Promise<readonly CiFailure[]> {
  const certain = failures.filter(({ kind }) => kind === "installation");
  const doubtful = failures.filter(({ isDoubtful }) => isDoubtful);
  if (doubtful.length === 0) return certain;
  const base = (await mirror.refresh()).get(`refs/heads/${project.primaryBranch}`) ?? head;
  const { tree } = await mirror.objects.mergeTrees(base, head);
  const paths = await mirror.objects.changedPaths(base, tree);
  if (paths.some((path) => CI_FILE.test(path))) return certain;
  const foreign = doubtful.map((one): CiFailure => ({ ...one, kind: "installation" }));
  return [...certain, ...foreign];
}

const CI_FILE = /^\.woodpecker(\/|\.ya?ml$)/;

const MAX_CHARACTERS = 14_000;

/** What each kind is called to people. */
const kindText: Readonly<Record<CiFailure["kind"], string>> = {
  real: "is red",
  infrastructure: "could not be run (CI infrastructure failure)",
  "not-run": "is not run at all",
  overdue: "was ended by its time limit",
  installation:
    "is red for want of a tool or by its configuration, which this change does not touch; it has to be mended first",
  running: "is running again",
};

function formatFailures(head: string, failures: readonly CiFailure[]): string {
  const room = Math.floor(MAX_CHARACTERS / failures.length);
  const parts = failures.map(
    ({ context, kind, log }) => `${context} ${kindText[kind]}:\n\n${log.slice(-room)}`,
  );
  return `CI on ${head.slice(0, 10)}: ${parts.join("\n\n")}`;
}

async function commentOnWaiting(
  { target, work, memory }: CiWait,
  missing: readonly string[],
): Promise<void> {
  const head = work.head.slice(0, 10);
  const login = findCiLogin(target.project.ci);
  const known = memory.known.map((line) => `\n- ${line}`).join("");
  const only = login === undefined ? "" : ` Only what ${login} posts counts (ci.login).`;
  await commentOnce(target, {
    on: work.pull,
    cause: "ci-waiting",
    about: work.head,
    text: `CI has not decided ${missing.join(", ")} on ${head} for half an hour. I keep waiting; is it running?${only}${known}`,
  });
}
