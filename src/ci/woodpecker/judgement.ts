/** Whether a red pipeline is the change's fault or the CI's own; pure, from what Woodpecker records of each step. */
import type { Pipeline, PipelineError, PipelineStep, PipelineWorkflow } from "./shapes.ts";

const unfinished = new Set(["pending", "running", "blocked", "created"]);
const failing = new Set(["failure", "error", "killed", "canceled", "declined"]);

/** What a container ends with that was killed from outside: out of memory, or its machine went away. */
const KILLED = 137;

/** What a shell ends with that may not run a command, or does not find it. */
const MISSING_TOOL: ReadonlySet<number> = new Set([126, 127]);

/** How a step ends that its run's time limit ended (agent/runner.go), in our own CI's words too; its exit code is 0 there. */
const OVERDUE = /context deadline exceeded$|^took longer than \d+ minutes$/;

/** What is said of a run that asks for a secret that is not there, or not for this event. */
const NO_SECRET = /^secret "[^"]*" not found$/;

/** `overdue`: its time limit ended it. */
export type FailureKind = "infrastructure" | "overdue" | "real" | "running";

/** What may be no fault of the change: the CI file, or a tool that the CI's image lacks. */
export type SuspectedCause = "configuration" | "tool";

export interface Judgement {
  readonly kind: FailureKind;
  readonly suspectedCause?: SuspectedCause;
  /** Steps whose logs say why. */
  readonly steps: readonly PipelineStep[];
  /** What Woodpecker itself says of it. */
  readonly messages: readonly string[];
}

export function judgePipeline(pipeline: Pipeline, context: string): Judgement {
  if (unfinished.has(pipeline.status)) return { kind: "running", steps: [], messages: [] };
  // One file that does not parse keeps all of them from being run; else it says nothing of another's workflow.
  const hasRun = (pipeline.workflows ?? []).length > 0;
  const errors = (pipeline.errors ?? []).filter(
    (one) => !one.is_warning && !(hasRun && isOfAnother(one, context)),
  );
  const workflows = chooseWorkflows(pipeline, context);
  const red = workflows.flatMap((one) => (one.children ?? []).filter(isRed));
  const messages = [
    ...errors.map(describeError),
    ...workflows.flatMap(({ name, error }) => (error === "" ? [] : [`${name}: ${error}`])),
    ...red.flatMap(({ name, error }) => (error === "" ? [] : [`${name}: ${error}`])),
  ];
  const overdue = red.filter(({ error }) => OVERDUE.test(error));
  if (overdue.length > 0) return { kind: "overdue", steps: overdue, messages };
  const real = red.filter(isReal);
  if (real.length > 0) {
    const isTool = real.every(({ exit_code: code }) => MISSING_TOOL.has(code));
    return {
      kind: "real",
      ...(isTool && { suspectedCause: "tool" as const }),
      steps: real,
      messages,
    };
  }
  // The configuration comes from the commit: what does not parse is a mistake in it, or in what it was made from.
  const isMistaken = errors.some(
    ({ type, message }) => type === "linter" || type === "compiler" || NO_SECRET.test(message),
  );
  if (isMistaken) return { kind: "real", suspectedCause: "configuration", steps: red, messages };
  return { kind: "infrastructure", steps: red, messages };
}

function isOfAnother({ data }: PipelineError, context: string): boolean {
  const file = data?.file
    ?.split("/")
    .at(-1)
    ?.replace(/\.ya?ml$/, "");
  if (!file) return false;
  const { workflow } = parseContext(context);
  return workflow !== file && workflow.replace(/\/\d+$/, "") !== file;
}

/** Whether the run had this context's workflow; one that could not be read at all had every one. */
export function hasWorkflow(pipeline: Pipeline, context: string): boolean {
  const all = pipeline.workflows ?? [];
  if (all.length === 0) return (pipeline.errors ?? []).some((one) => !one.is_warning);
  const { workflow } = parseContext(context);
  return all.some(({ name }) => name === workflow || name === workflow.replace(/\/\d+$/, ""));
}

export function isDecided({ status }: Pick<Pipeline, "status">): boolean {
  return !unfinished.has(status);
}

function describeError({ type, message, data }: PipelineError): string {
  const place = [data?.file, data?.field].filter((part) => part !== undefined && part !== "");
  return `${type}: ${message}${place.length > 0 ? ` (${place.join(": ")})` : ""}`;
}

/** Whether two runs failed in the same way: the same steps with the same codes, or the same words. */
export function failsAlike(one: Judgement, other: Judgement): boolean {
  if (one.kind !== other.kind || one.suspectedCause !== other.suspectedCause) return false;
  const ends = ({ steps }: Judgement): string =>
    JSON.stringify(steps.map(({ name, exit_code: code }) => [name, code]));
  return ends(one) === ends(other) && (one.steps.length > 0 || sameWords(one, other));
}

function sameWords({ messages }: Judgement, other: Judgement): boolean {
  return JSON.stringify(messages) === JSON.stringify(other.messages);
}

/**
 * The one workflow that posts the context (server/forge/common/status.go): its name, and the number of the axis where
 * a matrix makes several. A server may be set to another form of contexts; then all that failed count.
 */
function chooseWorkflows(pipeline: Pipeline, context: string): readonly PipelineWorkflow[] {
  const all = pipeline.workflows ?? [];
  return findNamed(all, context) ?? all.filter(({ state }) => failing.has(state));
}

/** The workflows that can have posted the context; undefined if none of them can. */
export function findNamed(
  all: readonly PipelineWorkflow[],
  context: string,
): readonly PipelineWorkflow[] | undefined {
  const { workflow } = parseContext(context);
  const named = all.filter(({ name }) => name === workflow);
  if (named.length > 0) return named;
  const [, name, axis] = /^(.*)\/(\d+)$/.exec(workflow) ?? [];
  const ofAxis = all.filter((one) => one.name === name)[Number(axis) - 1];
  return ofAxis && [ofAxis];
}

/** A step that may fail is not why its workflow is red. */
function isRed({ state, failure }: PipelineStep): boolean {
  return failing.has(state) && failure !== "ignore";
}

/**
 * A command that ran and ended with another code than 0. A step that could not start has an error and the code 0
 * (pipeline/runtime/step.go, traceStep); cloning and services are the CI's own.
 */
function isReal({ state, type, exit_code: exitCode }: PipelineStep): boolean {
  if (state !== "failure" || type === "clone" || type === "service") return false;
  return exitCode !== 0 && exitCode !== KILLED;
}

/** How contexts name events: a pull request's is shortened. */
const events: Readonly<Record<string, string>> = {
  pr: "pull_request",
  pull_request_closed: "pull_request_closed",
  pull_request_metadata: "pull_request_metadata",
  push: "push",
  tag: "tag",
  release: "release",
  cron: "cron",
  manual: "manual",
  deployment: "deployment",
};

export interface ContextParts {
  /** Undefined where the context names none. */
  readonly event: string | undefined;
  readonly workflow: string;
}

/** `ci/woodpecker/pr/test`, `ci/woodpecker/push/test/2`, `ci/local/test`. */
export function parseContext(context: string): ContextParts {
  const parts = context.split("/");
  const at = parts.findIndex((part, index) => index > 0 && Object.hasOwn(events, part));
  const isNamed = at > 0 && at < parts.length - 1;
  return isNamed
    ? { event: events[parts[at] ?? ""], workflow: parts.slice(at + 1).join("/") }
    : { event: undefined, workflow: parts.slice(Math.min(2, parts.length - 1)).join("/") };
}

/** Whether a pipeline's event is what the context is of; contexts without an event are a pull request's or a push's. */
export function fitsEvent({ event }: Pick<Pipeline, "event">, context: string): boolean {
  const wanted = parseContext(context).event;
  return wanted === undefined ? event === "pull_request" || event === "push" : event === wanted;
}
