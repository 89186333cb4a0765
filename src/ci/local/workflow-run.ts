/** Runs the steps of one workflow, in the order and under the conditions of its file, and posts what came of it. */
import type { Status } from "../../ports/forge.ts";
import type { CiProject } from "./ci-project.ts";
import type { RunTools, StartedWorkflow } from "./pipeline-run.ts";
import type { PipelineRecord, StepRecord, WorkflowRecord } from "./pipelines.ts";
import { runStep, type StepEnd } from "./steps.ts";
import type { PlannedStep } from "./workflow/workflows.ts";

interface WorkflowContext {
  readonly target: CiProject;
  readonly pipeline: PipelineRecord;
  readonly folder: string;
}

/** Statuses keep a line, not a log: Forgejo cuts longer descriptions. */
const MAX_DESCRIPTION = 200;

/** Beside what is tested, so that nothing in it is taken for part of it. */
export function homeOf(folder: string): string {
  return `${folder}.home`;
}

/** The run's copy of what runs of the primary branch have kept. */
export function cacheOf(folder: string): string {
  return `${folder}.cache`;
}

export async function runWorkflow(
  tools: RunTools,
  place: WorkflowContext,
  { planned, record }: StartedWorkflow,
): Promise<void> {
  const post = (state: Status["state"], description: string): Promise<void> =>
    place.target.statuses.post(place.pipeline.commit, {
      context: record.context,
      state,
      description: description.slice(0, MAX_DESCRIPTION),
    });
  if (planned.type === "refuse") {
    record.state = "error";
    record.error = `the local CI cannot run it: ${planned.problems.join("; ")}`;
    return post("failure", record.error);
  }
  const blocker = findBlocker(place.pipeline, planned);
  if (blocker !== undefined) {
    record.state = "skipped";
    return post("failure", blocker);
  }
  record.state = "running";
  await post("pending", "running");
  const problem = await runSteps(tools, place, { steps: planned.steps, record });
  if (tools.signal.aborted) return;
  const state = problem === undefined ? "success" : "failure";
  await post(state, problem ?? `${planned.steps.length} steps passed`);
  const { project } = place.target;
  const { context } = record;
  const sha = place.pipeline.commit;
  tools.events.append({ type: "ci.finished", project: project.name, sha, context, state });
}

/** Why it does not run: what it depends on did not end as it asks for. */
function findBlocker(
  { workflows }: PipelineRecord,
  planned: Extract<StartedWorkflow["planned"], { type: "run" }>,
): string | undefined {
  const needed = workflows.filter(({ name }) => planned.dependsOn.includes(name));
  const failed = needed.find(({ state }) => state !== "success");
  if (failed) return planned.afterFailure ? undefined : `workflow ${failed.name} did not succeed`;
  return planned.afterSuccess ? undefined : "runs only after a failure";
}

interface Steps {
  readonly steps: readonly PlannedStep[];
  readonly record: WorkflowRecord;
}

/** Undefined when every command of every step that may not fail ended with 0. */
async function runSteps(
  tools: RunTools,
  { target, pipeline, folder }: WorkflowContext,
  { steps, record }: Steps,
): Promise<string | undefined> {
  const { signal, slot, redact } = tools;
  const surroundings = describeSurroundings(tools, folder);
  let problem: string | undefined;
  for (const { step, child } of orderSteps(steps, record.children)) {
    if (problem === undefined ? !step.afterSuccess : !step.afterFailure) {
      child.state = "skipped";
      continue;
    }
    child.state = "running";
    const environment = { ...step.environment, ...surroundings, CI_STEP_NAME: step.name };
    const live = target.pipelines.openLog(pipeline.number, child.id);
    const run = { folder, step: { ...step, environment }, slot, signal, live, redact };
    const end = await runStep(run);
    child.state = end.state;
    child.exit_code = end.exitCode;
    if (end.error !== undefined) child.error = end.error;
    live.destroy();
    await target.pipelines.saveLog(pipeline.number, child.id, end.output);
    if (end.state !== "success" && !step.mayFail) problem ??= `${step.name} ${describeEnd(end)}`;
  }
  const isCause = ({ state, failure }: StepRecord): boolean =>
    (state === "failure" || state === "killed") && failure !== "ignore";
  record.state = record.children.find(isCause)?.state ?? "success";
  return problem;
}

/** One after the other; where steps name what they depend on, each after those. */
function orderSteps(steps: readonly PlannedStep[], children: readonly StepRecord[]) {
  let left = steps.flatMap((step, at) => {
    const child = children[at];
    return child ? [{ step, child }] : [];
  });
  const ordered: typeof left = [];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ step }) => step.name));
    const isReady = ({ dependsOn = [] }: PlannedStep): boolean =>
      !dependsOn.some((name) => waiting.has(name));
    const next = left.find(({ step }) => isReady(step)) ?? left[0];
    if (!next) break;
    ordered.push(next);
    left = left.filter((one) => one !== next);
  }
  return ordered;
}

function describeEnd({ state, exitCode, error, output }: StepEnd): string {
  if (state === "killed" || error !== undefined) return error ?? "was stopped before it finished";
  return `ended with ${exitCode}: ${output.trim().split("\n").at(-1) ?? ""}`;
}

function describeSurroundings(
  { pathVariable, slot: { user } }: RunTools,
  folder: string,
): Record<string, string> {
  return {
    ...user.environment,
    PATH: pathVariable ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: homeOf(folder),
    LANG: "C.UTF-8",
    CI_WORKSPACE: folder,
    CI_CACHE: cacheOf(folder),
  };
}
