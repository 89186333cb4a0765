/** The printed form of a plan: what people read before they say yes, and what tests compare. */
import type { ObservedContainer } from "../ports/containers.ts";
import type { Desired } from "./desired.ts";
import type { Action, Step } from "./plan.ts";

export function formatPlan(steps: readonly Step[], desired: Desired): string {
  const rows = removalsLast(steps).map(({ action, because }) => ({
    ...describe(action),
    because: action.kind === "create-volume" ? "" : because,
  }));
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

/** The order people read in; steps themselves stand in the order they run in. */
function removalsLast(steps: readonly Step[]): readonly Step[] {
  const isRemoval = ({ action }: Step) => action.kind === "remove-service";
  return [...steps.filter((step) => !isRemoval(step)), ...steps.filter(isRemoval)];
}

function describe(action: Action): { sign: string; noun: string; subject: string } {
  switch (action.kind) {
    case "set-variable":
      return { sign: "+", noun: "setting", subject: `${action.variable} in .env` };
    case "write-file":
      return { sign: action.isNew ? "+" : "~", noun: "file", subject: action.path };
    case "create-volume":
      return { sign: "+", noun: "volume", subject: action.volume };
    case "hand-over-volume":
      return { sign: "~", noun: "volume", subject: action.volume };
    case "start-service":
      return { sign: "+", noun: "service", subject: action.service };
    case "replace-service":
      return { sign: "~", noun: "service", subject: action.service };
    case "remove-service":
      return { sign: "-", noun: "service", subject: action.service };
  }
}

/** What disinto leaves alone, with the command that stops it. */
export function formatUnmanaged(containers: readonly ObservedContainer[]): readonly string[] {
  return containers.map(
    ({ service, name }) =>
      `! service ${service}   not managed by disinto; stop it with: docker stop ${name}`,
  );
}

function countUnchanged(steps: readonly Step[], { services }: Desired): number {
  const touched = new Set(
    steps.flatMap(({ action }) => ("service" in action ? [action.service] : [])),
  );
  return services.filter(({ name, enabled }) => enabled && !touched.has(name)).length;
}
