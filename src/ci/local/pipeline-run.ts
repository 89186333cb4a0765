/** One run of a head's workflows: each posts its status when it begins and when it is decided. */
import path from "node:path";
import type { SessionUser } from "../../adapters/hands/session-user.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { Status } from "../../ports/forge.ts";
import type { CiProject } from "./ci-project.ts";
import { deriveContext, isWorkflowFile } from "./contexts.ts";
import type { PipelineRecord, StepRecord, WorkflowRecord } from "./pipelines.ts";
import { runStep, type StepEnd } from "./steps.ts";
import { parseWorkflow, type Step } from "./workflow.ts";

export interface RunTools {
  readonly events: EventLog;
  readonly pathVariable: string | undefined;
  readonly signal: AbortSignal;
  /** Whose the run is, alone. */
  readonly user: SessionUser;
}

/** A commit to run; `parent` is set when it was asked for again. */
export interface Run {
  readonly sha: string;
  readonly branch: string;
  readonly parent: number;
}

/** Statuses keep a line, not a log: Forgejo cuts longer descriptions. */
const MAX_DESCRIPTION = 200;

const MAX_WORKFLOW_BYTES = 1_000_000;

interface PlannedWorkflow {
  readonly record: WorkflowRecord;
  readonly steps: readonly Step[];
}

export async function runPipeline(tools: RunTools, target: CiProject, run: Run): Promise<void> {
  const { sha, branch, parent } = run;
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
  const { planned, mistakes } = await planWorkflows({ folder, user }, decided);
  const workflows = planned.map(({ record }) => record);
  if (workflows.length > 0) {
    const pipeline = target.pipelines.create({ parent, commit: sha, branch, workflows });
    pipeline.errors = mistakes.map((message) => ({ type: "linter", message, is_warning: false }));
    pipeline.status = "running";
    await target.pipelines.save(pipeline);
    for (const one of planned) await runWorkflow(tools, { target, pipeline, folder }, one);
    pipeline.status = tools.signal.aborted ? "killed" : summarize(workflows);
    await target.pipelines.save(pipeline);
  }
  await user.hands.remove(homeOf(folder));
  await folders.discard(name);
  await user.clearShared();
}

/** Beside what is tested, so that nothing in it is taken for part of it. */
function homeOf(folder: string): string {
  return `${folder}.home`;
}

async function listDecidedContexts(
  { statuses }: CiProject,
  sha: string,
): Promise<ReadonlySet<string>> {
  const known = await statuses.of(sha);
  return new Set(known.filter(({ state }) => state !== "pending").map(({ context }) => context));
}

interface Checkout {
  readonly folder: string;
  readonly user: SessionUser;
}

async function planWorkflows({ folder, user }: Checkout, decided: ReadonlySet<string>) {
  const entries = await user.listFiles(path.join(folder, ".woodpecker"));
  const planned: PlannedWorkflow[] = [];
  const mistakes: string[] = [];
  let id = 0;
  for (const file of entries.filter(isWorkflowFile).sort()) {
    const context = deriveContext(file);
    if (decided.has(context)) continue;
    const written = path.join(folder, ".woodpecker", file);
    const workflow = parseWorkflow((await user.hands.read(written, MAX_WORKFLOW_BYTES)) ?? "");
    if (workflow.type === "not-for-pulls") continue;
    const steps = workflow.type === "steps" ? workflow.steps : [];
    const children = steps.map(
      (step): StepRecord => ({
        id: ++id,
        name: step.name,
        type: "commands",
        state: "pending",
        exit_code: 0,
      }),
    );
    const name = file.replace(/\.ya?ml$/, "");
    const record: WorkflowRecord = { name, context, state: "pending", children };
    if (workflow.type === "unsupported") {
      record.state = "error";
      record.error = `the local CI cannot run ${file}: ${workflow.reason}`;
      mistakes.push(record.error);
    }
    planned.push({ record, steps });
  }
  return { planned, mistakes };
}

interface RunContext {
  readonly target: CiProject;
  readonly pipeline: PipelineRecord;
  readonly folder: string;
}

async function runWorkflow(tools: RunTools, place: RunContext, { record, steps }: PlannedWorkflow) {
  const { target, pipeline } = place;
  const post = (state: Status["state"], description: string): Promise<void> =>
    target.statuses.post(pipeline.commit, {
      context: record.context,
      state,
      description: description.slice(0, MAX_DESCRIPTION),
    });
  if (record.state === "error") return post("failure", record.error ?? "");
  record.state = "running";
  await post("pending", "running");
  const problem = await runSteps(tools, place, { record, steps });
  if (tools.signal.aborted) return;
  const state = problem === undefined ? "success" : "failure";
  await post(state, problem ?? `${steps.length} steps passed`);
  tools.events.append({
    type: "ci.finished",
    project: target.project.name,
    sha: pipeline.commit,
    context: record.context,
    state,
  });
}

/** Undefined when every command of every step ended with 0; nothing runs after a step that did not. */
async function runSteps(
  tools: RunTools,
  { target, pipeline, folder }: RunContext,
  { record, steps }: PlannedWorkflow,
): Promise<string | undefined> {
  const environment = describeEnvironment(tools, { target, pipeline, folder });
  let problem: string | undefined;
  for (const [at, step] of steps.entries()) {
    const child = record.children[at];
    if (!child) continue;
    if (problem !== undefined) {
      child.state = "skipped";
      continue;
    }
    child.state = "running";
    const end = await runStep({ folder, step, environment, ...tools });
    child.state = end.state;
    child.exit_code = end.exitCode;
    if (end.error !== undefined) child.error = end.error;
    await target.pipelines.saveLog(pipeline.number, child.id, end.output);
    if (end.state !== "success") problem = `${step.name} ${describeEnd(end)}`;
  }
  const failed = record.children.find(({ state }) => state === "failure" || state === "killed");
  record.state = failed?.state ?? "success";
  return problem;
}

function describeEnd({ state, exitCode, error, output }: StepEnd): string {
  if (state === "killed" || error !== undefined) return error ?? "was stopped before it finished";
  return `ended with ${exitCode}: ${output.trim().split("\n").at(-1) ?? ""}`;
}

function summarize(workflows: readonly WorkflowRecord[]): PipelineRecord["status"] {
  const states = workflows.map(({ state }) => state);
  for (const worst of ["error", "killed", "failure"] as const) {
    if (states.includes(worst)) return worst;
  }
  return "success";
}

function describeEnvironment(
  { pathVariable, user }: RunTools,
  { target, pipeline, folder }: RunContext,
): Record<string, string> {
  const { owner, name } = target.project.repo;
  return {
    ...user.environment,
    PATH: pathVariable ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: homeOf(folder),
    LANG: "C.UTF-8",
    CI: "true",
    CI_REPO: `${owner}/${name}`,
    CI_COMMIT_SHA: pipeline.commit,
    CI_WORKSPACE: folder,
    CI_PIPELINE_EVENT: "pull_request",
    CI_PIPELINE_NUMBER: String(pipeline.number),
  };
}
