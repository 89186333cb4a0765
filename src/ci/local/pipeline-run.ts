/** One run of a commit's workflows: each posts its status when it begins and when it is decided. */
import { rm } from "node:fs/promises";
import { DisintoError } from "../../errors.ts";
import type { EventLog } from "../../ports/event-log.ts";
import { findCiLogin } from "../definitions.ts";
import type { CiProject, RunSlot } from "./ci-project.ts";
import { formatContext } from "./contexts.ts";
import type { PipelineRecord, StepRecord, WorkflowRecord } from "./pipelines.ts";
import { deriveVariables, type RunFacts } from "./workflow/variables.ts";
import { type PlannedWorkflow, planWorkflows } from "./workflow/workflows.ts";
import { readWorkflowFiles } from "./workflow-files.ts";
import { cacheOf, homeOf, runWorkflow } from "./workflow-run.ts";

export interface RunTools {
  readonly events: EventLog;
  /** For what steps write, which is kept, read by bots and told to the forge. */
  readonly redact: (text: string) => string;
  readonly pathVariable: string | undefined;
  readonly signal: AbortSignal;
  /** The run's own, alone. */
  readonly slot: RunSlot;
}

/** A commit to run; `parent` is set when it was asked for again. */
export interface Run {
  readonly event: RunFacts["event"];
  readonly sha: string;
  /** The commit's branch: a pull request's head, or the one that was pushed. */
  readonly branch: string;
  readonly parent: number;
  readonly pull?: { readonly number: number; readonly base: string; readonly author: string };
  /** What the pushed branch was at when it was last run; absent for pull requests. */
  readonly before?: string;
}

/** A workflow that runs, or is refused, with what is kept of it. */
export interface StartedWorkflow {
  readonly planned: Exclude<PlannedWorkflow, { type: "skip" }>;
  readonly record: WorkflowRecord;
}

export async function runPipeline(tools: RunTools, target: CiProject, run: Run): Promise<void> {
  const { sha, branch, parent, event } = run;
  const decided = parent === 0 ? await listDecidedContexts(target, sha) : new Set<string>();
  await target.mirror.refresh();
  const { slot } = tools;
  await requireEmpty(slot);
  const folders = target.foldersOf(slot);
  const submodules = await fetchSubmodules(tools, target, sha);
  const folder = await folders.prepare(`ci-${sha}-${parent}`, { branch, sha, submodules });
  await makeSurroundings(tools, target, folder);
  const { pull, before } = run;
  const origin = { ...(pull && { pull }), ...(before !== undefined && { before }) };
  const pipeline = target.pipelines.create({ event, parent, commit: sha, branch, ...origin });
  const workflows = await startWorkflows({ target, run, slot, folder }, pipeline.number);
  const undecided = workflows.filter(({ record }) => !decided.has(record.context));
  if (undecided.length === 0) await target.pipelines.forget(pipeline);
  else await runAll(tools, { target, pipeline, folder }, undecided);
  if (isPrimary(run, target) && pipeline.status === "success")
    await orReport(tools, "cache", () => keepCache(tools, target, cacheOf(folder)));
  await orReport(tools, folder, () => emptySlot(slot));
}

/** What cannot be fetched is told, and left as git leaves it: an empty folder. */
async function fetchSubmodules({ events }: RunTools, { submodules }: CiProject, sha: string) {
  const fetched = await submodules.fetch(sha);
  for (const one of fetched) {
    if (one.refused === undefined) continue;
    const message = `the submodule ${one.path} is not there: ${one.refused}`;
    events.append({ type: "failure", code: "git.failed", message, retryInMs: 0 });
  }
  return fetched;
}

/** What runs and what is there is nobody's, or of the run before: none of it is the next one's. */
async function emptySlot({ user, root }: RunSlot): Promise<void> {
  await user.clear();
  await user.userFiles.remove(root);
  await rm(`${root}.lent`, { recursive: true, force: true });
}

async function requireEmpty(slot: RunSlot): Promise<void> {
  await emptySlot(slot).catch((cause: unknown) => {
    throw new DisintoError("process.failed", `${slot.root} could not be emptied`, { cause });
  });
}

async function makeSurroundings(
  tools: RunTools,
  { cache }: CiProject,
  folder: string,
): Promise<void> {
  const { user } = tools.slot;
  const { userFiles } = user;
  await userFiles.make(homeOf(folder));
  await userFiles.make(cacheOf(folder));
  await orReport(tools, "cache", () => cache.unpack(cacheOf(folder), user));
}

/** Its commits are on the branch that only what was judged gets to. */
function isPrimary({ event, branch }: Run, { project }: CiProject): boolean {
  return event === "push" && branch === project.primaryBranch;
}

async function keepCache(
  { events, slot: { user } }: RunTools,
  { cache, project }: CiProject,
  folder: string,
): Promise<void> {
  await user.endAll();
  if ((await cache.keep(folder, user)) === "kept") return;
  events.append({ type: "cache.dropped", project: project.name, limitBytes: cache.limitBytes });
}

/** What cannot be kept or cleaned is told, and ends nothing: it decides no run. */
async function orReport({ events }: RunTools, what: string, act: () => Promise<void>) {
  await act().catch((error: Error) => {
    const message = `${what} could not be cleaned or kept: ${error.message}`;
    events.append({ type: "failure", code: "process.failed", message, retryInMs: 0 });
  });
}

async function listDecidedContexts(
  { statuses, project }: CiProject,
  sha: string,
): Promise<ReadonlySet<string>> {
  const known = await statuses.of(sha, findCiLogin(project.ci));
  return new Set(known.filter(({ state }) => state !== "pending").map(({ context }) => context));
}

interface Checkout {
  readonly target: CiProject;
  readonly run: Run;
  readonly slot: RunSlot;
  readonly folder: string;
}

async function startWorkflows(
  { target, run, slot, folder }: Checkout,
  number: number,
): Promise<readonly StartedWorkflow[]> {
  const files = await readWorkflowFiles(folder, slot.user);
  const facts = await gatherFacts(target, run, number);
  const planned = planWorkflows(files, {
    ...facts,
    variables: deriveVariables(facts),
    secrets: target.secretsOf(run.event),
  });
  let id = 0;
  return planned
    .filter((one) => one.type !== "skip")
    .map((one) => {
      const steps = one.type === "run" ? one.steps : [];
      const children = steps.map(({ name, mayFail }): StepRecord => {
        const failure = mayFail ? "ignore" : "fail";
        return { id: ++id, name, type: "commands", state: "pending", exit_code: 0, failure };
      });
      const context = formatContext({ ...one, event: run.event });
      const record: WorkflowRecord = { name: one.name, context, state: "pending", children };
      return { planned: one, record };
    });
}

async function gatherFacts(
  { mirror: { objects }, project, forgeUrl }: CiProject,
  { event, sha, branch, parent, pull, before }: Run,
  number: number,
): Promise<RunFacts> {
  const refs = pull
    ? { from: pull.base, to: (await objects.mergeTrees(pull.base, sha)).tree }
    : { from: before ?? sha, to: sha };
  const author = pull?.author ?? "";
  return {
    event,
    branch: pull ? project.primaryBranch : branch,
    changedFiles: refs.from === refs.to ? [] : await objects.changedPaths(refs.from, refs.to),
    message: await objects.readMessage(sha),
    repo: project.repo,
    forgeUrl,
    primaryBranch: project.primaryBranch,
    sha,
    author,
    authorEmail: "",
    number,
    parent,
    ...(pull && { pull: { number: pull.number, head: branch } }),
  };
}

interface WorkflowContext {
  readonly target: CiProject;
  readonly pipeline: PipelineRecord;
  readonly folder: string;
}

async function runAll(
  tools: RunTools,
  place: WorkflowContext,
  workflows: readonly StartedWorkflow[],
): Promise<void> {
  const { target, pipeline } = place;
  const records = workflows.map(({ record }) => record);
  pipeline.workflows = records;
  pipeline.errors = workflows.flatMap(({ planned }) => listMistakes(planned));
  pipeline.status = "running";
  await target.pipelines.save(pipeline);
  for (const one of orderByDependencies(workflows)) {
    // A run that was stopped has decided nothing: not what it was at, and not what depends on it.
    if (tools.signal.aborted) break;
    await runWorkflow(tools, place, one);
  }
  pipeline.status = tools.signal.aborted ? "killed" : summarize(records);
  await target.pipelines.save(pipeline);
}

function listMistakes(planned: StartedWorkflow["planned"]): PipelineRecord["errors"] {
  if (planned.type === "run") return [];
  return planned.problems.map((problem) => ({
    type: "linter",
    message: `the local CI cannot run ${planned.name}: ${problem}`,
    is_warning: false,
  }));
}

/** Workflows that depend on others come after them; in a circle none comes first. */
function orderByDependencies(workflows: readonly StartedWorkflow[]): readonly StartedWorkflow[] {
  const ordered: StartedWorkflow[] = [];
  let left = [...workflows];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ record }) => record.name));
    const ready = left.filter(({ planned }) =>
      planned.type === "run" ? !planned.dependsOn.some((name) => waiting.has(name)) : true,
    );
    const next = ready.length > 0 ? ready : left;
    ordered.push(...next);
    left = left.filter((one) => !next.includes(one));
  }
  return ordered;
}

function summarize(workflows: readonly WorkflowRecord[]): PipelineRecord["status"] {
  const states = workflows.map(({ state }) => state);
  for (const worst of ["error", "killed", "failure"] as const) {
    if (states.includes(worst)) return worst;
  }
  return "success";
}
