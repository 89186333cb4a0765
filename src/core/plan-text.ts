/** The printed form of a plan: what people read before they say yes, and what tests compare. */
import type { ObservedContainer } from "../ports/containers.ts";
import type { Desired } from "./desired.ts";
import type { ServiceAction, ServiceStart, ServiceStep } from "./plan.ts";

export function formatPlan(steps: readonly ServiceStep[], desired: Desired): string {
  const rows = listRows(steps);
  const width = Math.max(0, ...rows.map(({ subject }) => subject.length));
  const lines = rows.map(({ sign, noun, subject, because }) =>
    `${sign} ${noun.padEnd(7)} ${subject.padEnd(width)}   ${because}`.trimEnd(),
  );
  const same = countUnchanged(steps, desired);
  const rest =
    same > 0 && lines.length > 0
      ? [`${same} ${same === 1 ? "service" : "services"} unchanged`]
      : [];
  return lines.length === 0 ? "nothing to do" : [...lines, ...rest].join("\n");
}

/** How many things would be done, as people count them. */
export function countChanges(steps: readonly ServiceStep[]): number {
  return listRows(steps).length;
}

interface Row {
  readonly sign: "+" | "~" | "-";
  readonly noun: string;
  readonly subject: string;
  readonly because: string;
}

/** Sorts steps for reading: a service with its volumes, removals last. A plan itself lists steps in the order they run in. */
function listRows(steps: readonly ServiceStep[]): readonly Row[] {
  const isRemoval = ({ action }: ServiceStep) => action.kind === "remove-service";
  const ordered = [...steps.filter((step) => !isRemoval(step)), ...steps.filter(isRemoval)];
  return ordered.flatMap((step) => describe(step, steps));
}

function describe({ action, because }: ServiceStep, steps: readonly ServiceStep[]): readonly Row[] {
  switch (action.kind) {
    case "set-variable":
      return [{ sign: "+", noun: "setting", subject: `${action.variable} in .env`, because }];
    case "write-file":
      return [{ sign: action.isNew ? "+" : "~", noun: "file", subject: action.path, because }];
    case "start-services":
      return action.starts.flatMap((start) => describeStart(start, steps));
    case "remove-service":
      return [{ sign: "-", noun: "service", subject: action.service, because }];
    case "remove-container": // the row of its service says that it is replaced
    case "create-volume": // stands below its service
      return [];
    case "hand-over-volume":
      // Where no container is, whose the files are is only seen by looking.
      return action.containers.length > 0
        ? [{ sign: "~", noun: "volume", subject: action.volume, because }]
        : [];
    case "close-volume":
      return [{ sign: "~", noun: "volume", subject: action.volume, because }];
  }
}

function describeStart(
  { service, change, because }: ServiceStart,
  steps: readonly ServiceStep[],
): readonly Row[] {
  const sign = change === "start" ? "+" : "~";
  const volumes = steps.flatMap(({ action }): readonly Row[] =>
    action.kind === "create-volume" && action.service === service
      ? [{ sign: "+", noun: "volume", subject: action.volume, because: "" }]
      : [],
  );
  return [{ sign, noun: "service", subject: service, because }, ...volumes];
}

/** What disinto leaves alone, with the command that stops it. */
export function formatUnmanaged(containers: readonly ObservedContainer[]): readonly string[] {
  return containers.map(
    ({ service, name }) =>
      `! service ${service}   not managed by disinto; stop it with: docker stop ${name}`,
  );
}

function countUnchanged(steps: readonly ServiceStep[], { services }: Desired): number {
  const touched = new Set(steps.flatMap(({ action }) => listServices(action)));
  return services.filter(({ name, enabled }) => enabled && !touched.has(name)).length;
}

/** The services that a step starts, replaces or removes. */
export function listServices(action: ServiceAction): readonly string[] {
  if (action.kind === "start-services") return action.starts.map(({ service }) => service);
  return action.kind === "remove-service" ? [action.service] : [];
}
