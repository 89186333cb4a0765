/** Declared beside observed: the service part of `disinto status`. */
import type { ObservedContainer } from "../ports/containers.ts";
import type { Desired } from "./desired.ts";

export interface ServiceStatus {
  readonly service: string;
  readonly container: string;
  /** "running", "disabled", "missing", or how it ended. */
  readonly state: string;
  readonly running: boolean;
  /** Undefined for what runs and is not declared. */
  readonly origin: string | undefined;
  /** What a bot is at. */
  readonly work?: string;
}

export function summarizeServices(
  { services }: Desired,
  observed: readonly ObservedContainer[],
): readonly ServiceStatus[] {
  const declared = services.map(({ name, container, enabled, origin }): ServiceStatus => {
    const own = observed.find(({ service }) => service === name);
    const state = own?.state ?? (enabled ? "missing" : "disabled");
    return { service: name, container, state, running: own?.running ?? false, origin };
  });
  const names = new Set(services.map(({ name }) => name));
  const others = observed
    .filter(({ service }) => !names.has(service))
    .map(({ service, name: container, state, running }): ServiceStatus => {
      return { service, container, state, running, origin: undefined };
    });
  return [...declared, ...others];
}

/** Problems first. */
export function formatStatus(services: readonly ServiceStatus[]): string {
  // One that makes no progress runs too, and a container that restarts again and again counts as running to the engine.
  const isFine = ({ state }: ServiceStatus) =>
    /^(running(?! \((unhealthy|restarted))|disabled)/.test(state);
  const rows = [...services.filter((one) => !isFine(one)), ...services.filter(isFine)];
  const width = Math.max(0, ...rows.map(({ service }) => service.length));
  const stateWidth = Math.max(0, ...rows.map(({ state }) => state.length));
  return rows
    .map(({ service, state, origin = "not declared", work = "" }) =>
      [
        service.padEnd(width),
        state.padEnd(stateWidth),
        origin,
        ...(work === "" ? [] : [work]),
      ].join("   "),
    )
    .join("\n");
}
