/** `disinto issue`: all that happened to one, from everybody's events and the forge. */
import { findLease } from "../apply/issue-actions.ts";
import { BACKLOG, BLOCKED } from "../bot/issue/choose.ts";
import { type BotStatus, summarizeEvents } from "../core/bot-status.ts";
import { buildIssueHistory, formatEvent, type IssueHistory } from "../core/issue-history.ts";
import { formatTime } from "../core/problems.ts";
import { findWaiting, type WaitingIssue } from "../core/waiting.ts";
import { deriveBranch } from "../core/work-branch.ts";
import { ExitCode } from "../errors.ts";
import { type IssueContext, type IssueFlags, readAllEvents, withIssue } from "./issue-context.ts";
import type { Tools } from "./tools.ts";

export async function issue(tools: Tools, flags: IssueFlags): Promise<ExitCode> {
  const report = await withIssue(tools, flags, async (context) => {
    const events = await readAllEvents(tools, context.factory, flags.folder);
    const name = { project: context.project.name, issue: context.number };
    const report = await readReport(context, buildIssueHistory([...events.values()].flat(), name));
    const statuses = [...events.values()].map(summarizeEvents);
    return { ...report, waiting: explainWait(report, context.project.name, statuses) };
  });
  tools.print(flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : format(report));
  return ExitCode.done;
}

type Report = Awaited<ReturnType<typeof readReport>> & {
  readonly waiting: WaitingIssue | undefined;
};

/** Only what is in the backlog waits for a bot. */
function explainWait(
  { issue: { number, title, state, labels, createdAt } }: Pick<Report, "issue">,
  project: string,
  statuses: readonly BotStatus[],
): WaitingIssue | undefined {
  if (state !== "open" || !labels.includes(BACKLOG) || labels.includes(BLOCKED)) return undefined;
  return findWaiting([{ project, issue: number, title, createdAt }], statuses)[0];
}

async function readReport(context: IssueContext, { events, pull: recordedPull }: IssueHistory) {
  const { forge, project, issues, number, mirror } = context;
  const [pulls, statuses] = [forge.pulls(project.repo), forge.statuses(project.repo)];
  const branch = deriveBranch(project, number);
  const ref = `refs/heads/${branch}`;
  const [found, comments, lease, refs, open] = await Promise.all([
    issues.get(number),
    issues.comments(number),
    findLease(context, number),
    mirror.readRefs([ref]),
    pulls.listOpen(),
  ]);
  const pullNumber = open.find(({ head }) => head === branch)?.number ?? recordedPull;
  const pull = pullNumber === undefined ? undefined : await pulls.get(pullNumber);
  const { body: _, ...issue } = found;
  return {
    issue,
    lease,
    branch: { name: branch, sha: refs.get(ref) },
    pull: pull && {
      ...pull,
      statuses: await statuses.of(pull.headSha),
      reviews: await forge.reviews(project.repo).of(pull.number),
    },
    comments,
    events,
  };
}

function format({ issue, lease, branch, pull, comments, events, waiting }: Report): string {
  const counters = Object.entries(lease?.counters ?? {}).map(([cause, n]) => `${cause} ${n}`);
  const facts = [
    ["issue", `#${issue.number} ${issue.title}`],
    ["state", [issue.state, ...issue.labels].join(", ")],
    ...(waiting ? [["waits", `${waiting.because}, since ${formatTime(waiting.since)}`]] : []),
    ["assigned", issue.assignees.join(", ") || "nobody"],
    ["lease", lease ? [`held by ${lease.holder}`, ...counters].join(", ") : "none"],
    ["branch", branch.sha ? `${branch.name} at ${branch.sha.slice(0, 10)}` : "none"],
    [
      "pull",
      pull ? `#${pull.number} ${pull.merged ? "merged" : pull.state} by ${pull.author}` : "none",
    ],
    ...(pull?.statuses ?? []).map(({ context, state, description }) => {
      return ["status", `${context} ${state}: ${description}`];
    }),
    ...(pull?.reviews ?? []).map(({ author, verdict, sha, stale }) => {
      return ["review", `${author} ${verdict} ${sha.slice(0, 10)}${stale ? " (stale)" : ""}`];
    }),
    ...comments.map(({ author, body }) => ["comment", `${author}: ${body.trim().split("\n")[0]}`]),
  ];
  const lines = facts.map(([name = "", text]) => `${name.padEnd(9)} ${text}`);
  const history = events.map(formatEvent);
  return `${[...lines, ...(history.length > 0 ? ["", ...history] : [])].join("\n")}\n`;
}
