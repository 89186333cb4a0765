/** Whether a red pipeline is the change's fault or the CI's own; pure, from what Woodpecker records of each step. */
import type { Pipeline, PipelineStep, PipelineWorkflow } from "./shapes.ts";

const unfinished = new Set(["pending", "running", "blocked", "created"]);
const failing = new Set(["failure", "error", "killed", "canceled", "declined"]);

/** What a container ends with that was killed from outside: out of memory, or its machine went away. */
const KILLED = 137;

export type FailureKind = "infrastructure" | "real" | "running";

export interface Judgement {
  readonly kind: FailureKind;
  /** Steps whose logs say why. */
  readonly steps: readonly PipelineStep[];
  /** What Woodpecker itself says of it. */
  readonly words: readonly string[];
}

export function judgePipeline(pipeline: Pipeline, context: string): Judgement {
  if (unfinished.has(pipeline.status)) return { kind: "running", steps: [], words: [] };
  const errors = (pipeline.errors ?? []).filter(({ is_warning }) => !is_warning);
  const workflows = chooseWorkflows(pipeline, context);
  const red = workflows.flatMap((one) => (one.children ?? []).filter(isRed));
  const words = [
    ...errors.map(({ type, message }) => `${type}: ${message}`),
    ...workflows.flatMap(({ name, error }) => (error === "" ? [] : [`${name}: ${error}`])),
    ...red.flatMap(({ name, error }) => (error === "" ? [] : [`${name}: ${error}`])),
  ];
  const real = red.filter(isReal);
  if (real.length > 0) return { kind: "real", steps: real, words };
  // The configuration comes from the commit: what does not parse is a mistake in it.
  const isMistaken = errors.some(({ type }) => type === "linter" || type === "compiler");
  return { kind: isMistaken ? "real" : "infrastructure", steps: red, words };
}

/** Contexts end in the workflow's name by default; a server may be set to another form, then all that failed count. */
function chooseWorkflows(pipeline: Pipeline, context: string): readonly PipelineWorkflow[] {
  const all = pipeline.workflows ?? [];
  const parts = context.split("/");
  const named = all.filter(({ name }) => parts.includes(name));
  return named.length > 0 ? named : all.filter(({ state }) => failing.has(state));
}

function isRed({ state }: PipelineStep): boolean {
  return failing.has(state);
}

/**
 * A command that ran and ended with another code than 0. A step that could not start has an error and the code 0
 * (pipeline/runtime/step.go, traceStep); cloning and services are the CI's own.
 */
function isReal({ state, type, exit_code: exitCode }: PipelineStep): boolean {
  if (state !== "failure" || type === "clone" || type === "service") return false;
  return exitCode !== 0 && exitCode !== KILLED;
}

/** Whether a pipeline's event is what the context is of; contexts without an event fit any. */
export function fitsEvent({ event }: Pick<Pipeline, "event">, context: string): boolean {
  const parts = context.split("/");
  if (parts.includes("pr")) return event.startsWith("pull_request");
  if (parts.includes("push")) return event === "push";
  return true;
}
