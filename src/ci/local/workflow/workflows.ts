/**
 * Workflow files and an occasion → what runs, in the words of Woodpecker. What the local CI does not know it refuses by
 * name, before anything runs: nothing is misread, nothing is left out silently. docs/local-ci.md lists the keys. Pure.
 */
import * as z from "zod";
import {
  type EnvironmentValue,
  type MatrixAxes,
  MatrixShape,
  type StepShape,
  WorkflowShape,
} from "./shape.ts";
import { SubstitutionError, substitute } from "./substitute.ts";
import { matches, outcomesOf, type Trigger } from "./when.ts";
import { parseYaml } from "./yaml.ts";

export interface WorkflowFile {
  /** `.woodpecker/test.yml`, or `.woodpecker.yml`. */
  readonly path: string;
  readonly text: string;
}

export interface Run extends Trigger {
  /** The `CI_…` variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Secrets that this event may use, by name. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface PlannedStep {
  readonly name: string;
  readonly image: string;
  readonly commands: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Names of steps; undefined where steps run one after the other. */
  readonly dependsOn: readonly string[] | undefined;
  readonly afterSuccess: boolean;
  readonly afterFailure: boolean;
  readonly mayFail: boolean;
}

interface Named {
  readonly name: string;
  /** The number from 1, where a matrix makes several workflows of one file. */
  readonly axis?: number;
}

export type PlannedWorkflow = Named &
  (
    | {
        readonly type: "run";
        readonly steps: readonly PlannedStep[];
        readonly dependsOn: readonly string[];
        readonly afterSuccess: boolean;
        readonly afterFailure: boolean;
      }
    | { readonly type: "skip"; readonly reason: string }
    | { readonly type: "refuse"; readonly problems: readonly string[] }
  );

export function planWorkflows(
  files: readonly WorkflowFile[],
  run: Run,
): readonly PlannedWorkflow[] {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return skipOrphans(sorted.flatMap((file) => planFile(file, run)));
}

export function nameWorkflow(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.replace(/\.ya?ml$/, "").replace(/^\./, "");
}

function planFile({ path, text }: WorkflowFile, run: Run): readonly PlannedWorkflow[] {
  const name = nameWorkflow(path);
  try {
    const axes = listAxes(MatrixShape.parse(parseYaml(text) ?? {}).matrix);
    return axes.map((axis, index) => {
      const named = axes.length > 1 ? { name, axis: index + 1 } : { name };
      return { ...named, ...planAxis(text, axis, run) };
    });
  } catch (error) {
    return [{ name, type: "refuse", problems: describe(error) }];
  }
}

type Axis = Readonly<Record<string, string>>;

export function listAxes(matrix: MatrixAxes | undefined): readonly Axis[] {
  if (!matrix) return [{}];
  if (isIncluded(matrix)) return matrix.include;
  let axes: readonly Axis[] = [{}];
  for (const [key, values] of Object.entries(matrix))
    axes = axes.flatMap((axis) => values.map((value) => ({ ...axis, [key]: value })));
  return axes;
}

function isIncluded(matrix: MatrixAxes): matrix is { include: Record<string, string>[] } {
  return Array.isArray(matrix.include) && matrix.include.every((one) => typeof one === "object");
}

type Unnamed<T> = T extends Named ? Omit<T, keyof Named> : never;

function planAxis(text: string, axis: Axis, run: Run): Unnamed<PlannedWorkflow> {
  const variables = { ...run.variables, ...axis };
  const parsed = WorkflowShape.safeParse(parseYaml(substitute(text, variables)));
  if (!parsed.success) return { type: "refuse", problems: describe(parsed.error) };
  const { when, depends_on: dependsOn, runs_on: runsOn } = parsed.data;
  const named = nameSteps(parsed.data.steps);
  const mistakes = [...listPlugins(named), ...listUnknownDependencies(named)];
  if (mistakes.length > 0) return { type: "refuse", problems: mistakes };
  if (!matches(when, run)) return { type: "skip", reason: `its "when" leaves out ${run.event}` };
  const chosen = named.filter((step) => matches(step.when, run));
  const problems = [...findBrokenOrder(chosen), ...findMissingSecrets(chosen, run)];
  if (problems.length > 0) return { type: "refuse", problems };
  const { afterFailure } = outcomesOf(when, run);
  return {
    type: "run",
    steps: chosen.map((step) => planStep(step, chosen, { ...run, variables })),
    dependsOn,
    afterSuccess: runsOn.length === 0 || runsOn.includes("success") || afterFailure,
    afterFailure: runsOn.includes("failure") || afterFailure,
  };
}

type NamedStep = StepShape & { readonly name: string };

function nameSteps(steps: readonly StepShape[] | Readonly<Record<string, StepShape>>) {
  const entries = Array.isArray(steps)
    ? steps.map((step: StepShape, at) => [step.name ?? `step-${at}`, step] as const)
    : Object.entries(steps).map(([key, step]) => [step.name ?? key, step] as const);
  return entries.map(([name, step]): NamedStep => ({ ...step, name }));
}

function listPlugins(steps: readonly NamedStep[]): readonly string[] {
  const plugins = steps.filter(({ commands }) => commands.length === 0);
  return plugins.map(({ name }) => `steps.${name}: plugins are not supported by the local CI`);
}

function listUnknownDependencies(steps: readonly NamedStep[]): readonly string[] {
  const names = new Set(steps.map(({ name }) => name));
  return steps.flatMap(({ name, depends_on: needed = [] }) =>
    needed
      .filter((one) => !names.has(one))
      .map((one) => `steps.${name}.depends_on: there is no step "${one}"`),
  );
}

/** A dependency that does not run for this event, or on itself. */
function findBrokenOrder(steps: readonly NamedStep[]): readonly string[] {
  const left = new Map(steps.map((step) => [step.name, step.depends_on ?? []]));
  const missing = [...left].flatMap(([name, needed]) =>
    needed
      .filter((one) => !left.has(one))
      .map((one) => `steps.${name}.depends_on: step "${one}" does not run for this event`),
  );
  if (missing.length > 0) return missing;
  for (;;) {
    const ready = [...left].filter(([, needed]) => needed.every((one) => !left.has(one)));
    if (ready.length === 0) break;
    for (const [name] of ready) left.delete(name);
  }
  const names = [...left.keys()].join(", ");
  return left.size === 0 ? [] : [`steps: ${names} depend on each other`];
}

function findMissingSecrets(steps: readonly NamedStep[], { secrets, event }: Run) {
  return steps.flatMap(({ name, environment }) =>
    Object.values(environment).flatMap((value) =>
      typeof value === "object" && !Object.hasOwn(secrets, value.from_secret)
        ? [`steps.${name}.environment: secret "${value.from_secret}" is not available to ${event}`]
        : [],
    ),
  );
}

function planStep(step: NamedStep, all: readonly NamedStep[], run: Run): PlannedStep {
  const isGraph = all.some(({ depends_on: needed }) => needed !== undefined);
  const environment = Object.entries(step.environment).map(
    ([key, value]) => [key, readValue(value, run.secrets)] as const,
  );
  return {
    name: step.name,
    image: step.image,
    commands: step.commands,
    environment: { ...run.variables, ...Object.fromEntries(environment) },
    dependsOn: isGraph ? (step.depends_on ?? []) : undefined,
    ...outcomesOf(step.when, run),
    mayFail: step.failure === "ignore",
  };
}

function readValue(value: EnvironmentValue, secrets: Run["secrets"]): string {
  return typeof value === "string" ? value : (secrets[value.from_secret] ?? "");
}

/** A workflow whose dependency does not run does not run either. */
function skipOrphans(workflows: readonly PlannedWorkflow[]): readonly PlannedWorkflow[] {
  const running = new Set(workflows.filter(({ type }) => type !== "skip").map(({ name }) => name));
  const next = workflows.map((one): PlannedWorkflow => {
    const missing =
      one.type === "run" ? one.dependsOn.find((name) => !running.has(name)) : undefined;
    if (missing === undefined) return one;
    const { name, axis } = one;
    const reason = `workflow ${missing}, which it depends on, does not run`;
    return { name, ...(axis !== undefined && { axis }), type: "skip", reason };
  });
  const changed = next.some(({ type }, at) => type !== workflows[at]?.type);
  return changed ? skipOrphans(next) : next;
}

/** Each with the key it is about. */
function describe(error: unknown): readonly string[] {
  if (error instanceof z.ZodError) return error.issues.map(describeIssue);
  if (error instanceof SubstitutionError || (error as Error).name === "YAMLParseError")
    return [(error as Error).message.split("\n")[0] ?? ""];
  throw error;
}

/** What each of the forms, however deep, has against a value. */
function leavesOf(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  return issue.code === "invalid_union" ? issue.errors.flat().flatMap(leavesOf) : [issue];
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const place = issue.path.join(".");
  if (issue.code === "unrecognized_keys")
    return `${[...issue.path, issue.keys[0]].join(".")}: not supported by the local CI`;
  if (issue.code === "invalid_union") {
    const closest = issue.errors.map((one) => one[0]).find((one) => one && one.path.length > 0);
    const named =
      closest ??
      issue.errors.flat().find(({ code }) => code === "unrecognized_keys") ??
      leavesOf(issue).find(({ code }) => code === "custom");
    if (named) return describeIssue({ ...named, path: [...issue.path, ...named.path] });
  }
  return place === "" ? issue.message : `${place}: ${issue.message}`;
}
