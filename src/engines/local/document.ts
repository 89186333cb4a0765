/** Desired state → the local engine's file. Like the compose file, it names secrets and holds none. */
import type { Desired } from "../../core/desired.ts";

/** What the local engine reads back. */
export interface LocalService {
  readonly container: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Variable of the process → variable in `.env`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly volumes: readonly { readonly name: string; readonly path: string }[];
  readonly enabled: boolean;
}

export interface LocalServices {
  readonly factory: string;
  readonly services: Readonly<Record<string, LocalService>>;
}

export function renderLocal(desired: Desired): string {
  const services = desired.services.map(
    ({ name, container, entrypoint, args, environment, secrets, volumes, enabled }) => {
      const service: LocalService = {
        container,
        args: [...entrypoint, ...args],
        environment: sortKeys(environment),
        secrets: sortKeys(secrets),
        volumes,
        enabled,
      };
      return [name, service] as const;
    },
  );
  const rendering: LocalServices = {
    factory: desired.name,
    services: Object.fromEntries(services),
  };
  return `${JSON.stringify(rendering, undefined, 2)}\n`;
}

function sortKeys(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
