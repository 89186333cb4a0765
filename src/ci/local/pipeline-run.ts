/** One run of a commit's workflows: each posts its status when it begins and when it is decided. */
import type { SessionUser } from "../../adapters/hands/session-user.ts";
import type { EventLog } from "../../ports/event-log.ts";
import { findCiLogin } from "../definitions.ts";
import type { CiProject } from "./ci-project.ts";
import { formatContext } from "./contexts.ts";
import type { PipelineRecord, StepRecord, WorkflowRecord } from "./pipelines.ts";
import { deriveVariables, type RunFacts } from "./workflow/variables.ts";
import { type PlannedWorkflow, planWorkflows } from "./workflow/workflows.ts";
import { readWorkflowFiles } from "./workflow-files.ts";
import { homeOf, runWorkflow } from "./workflow-run.ts";

export interface RunTools {
  readonly events: EventLog;
  readonly pathVariable: string | undefined;
  readonly signal: AbortSignal;
  /** Whose the run is, alone. */
  readonly user: SessionUser;
}

/** A commit to run; `parent` is set when it was asked for again. */
export interface Run {
  readonly event: RunFacts["event"];
  readonly sha: string;
  /** Of the commit: a pull request's head, or the branch that was pushed. */
  readonly branch: string;
  readonly parent: number;
  readonly pull?: { readonly number: number; readonly base: string; readonly author: string };
  /** Of a push: what the branch was at when it was last run. */
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
  const name = `ci-${sha}-${parent}`;
  const { user } = tools;
  const folders = target.foldersOf(user);
  await user.endAll();
  for (const { name: forgotten } of user.uid === undefined ? [] : await folders.list())
    await folders.discard(forgotten);
  const folder = await folders.prepare(name, { branch, sha });
  await user.hands.make(homeOf(folder));
  const { pull, before } = run;
  const origin = { ...(pull && { pull }), ...(before !== undefined && { before }) };
  const pipeline = target.pipelines.create({ event, parent, commit: sha, branch, ...origin });
  const workflows = await startWorkflows({ target, run, user, folder }, pipeline.number);
  const undecided = workflows.filter(({ record }) => !decided.has(record.context));
  if (undecided.length === 0) await target.pipelines.forget(pipeline);
  else await runAll(tools, { target, pipeline, folder }, undecided);
  await cleanUp(tools, { user, folder, discard: () => folders.discard(name) });
}

interface Leftovers {
  readonly user: SessionUser;
  readonly folder: string;
  readonly discard: () => Promise<void>;
}

/** What cannot be cleaned is told, and ends nothing: the run is decided. */
async function cleanUp({ events }: RunTools, { user, folder, discard }: Leftovers) {
  for (const step of [() => user.hands.remove(homeOf(folder)), discard, () => user.clearShared()])
    await step().catch((error: Error) => {
      const message = `${folder} could not be cleaned: ${error.message}`;
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
  readonly user: SessionUser;
  readonly folder: string;
}

async function startWorkflows(
  { target, run, user, folder }: Checkout,
  number: number,
): Promise<readonly StartedWorkflow[]> {
  const files = await readWorkflowFiles(folder, user);
  const facts = await gatherFacts(target, run, number);
  const planned = planWorkflows(files, {
    ...facts,
    variables: deriveVariables(facts),
    secrets: {},
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

interface Place {
  readonly target: CiProject;
  readonly pipeline: PipelineRecord;
  readonly folder: string;
}

async function runAll(
  tools: RunTools,
  place: Place,
  workflows: readonly StartedWorkflow[],
): Promise<void> {
  const { target, pipeline } = place;
  const records = workflows.map(({ record }) => record);
  pipeline.workflows = records;
  pipeline.errors = workflows.flatMap(({ planned }) => listMistakes(planned));
  pipeline.status = "running";
  await target.pipelines.save(pipeline);
  for (const one of orderByDependencies(workflows)) await runWorkflow(tools, place, one);
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
