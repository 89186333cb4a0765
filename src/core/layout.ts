/** Where things are on an engine: inside containers, or below the factory's folder. */
import type { Factory } from "./factory.ts";

export const containerForgePort = 3000;
const containerHealthPort = 8080;
const containerCiPort = 8000;

/** In the local CI's data folder: where it answers. */
export const CI_ADDRESS_FILE = "address";

/** How an engine addresses what it runs. */
export interface Layout {
  readonly forgeUrl: string;
  readonly bind: string;
  readonly forgePort: number;
  /** Where a bot says how it is; child processes share the host's ports, so they have none. */
  readonly healthPort: number | undefined;
  /** Where bots ask the local CI: child processes share the host's ports, so there it takes any and writes it down. */
  readonly ciUrl: string;
  readonly ciPort: number;
  /** The folder that a path inside the service's container is on this engine. */
  readonly locate: (service: string, path: string) => string;
}

/** Only the local engine's paths depend on the factory's folder. */
export function deriveLayout({ engine, forge }: Factory, folder: string): Layout {
  if (engine === "local") {
    const locate = (service: string, path: string) =>
      `${folder}/.disinto/local/${service}/${path.split("/").at(-1)}`;
    return {
      forgeUrl: forge.url,
      bind: forge.bind,
      forgePort: forge.port,
      healthPort: undefined,
      ciUrl: `file://${encodeURI(locate("ci", "/data"))}/${CI_ADDRESS_FILE}`,
      ciPort: 0,
      locate,
    };
  }
  return {
    forgeUrl: forge.kind === "external" ? forge.url : `http://forgejo:${containerForgePort}`,
    bind: "0.0.0.0",
    forgePort: containerForgePort,
    healthPort: containerHealthPort,
    ciUrl: `http://ci:${containerCiPort}`,
    ciPort: containerCiPort,
    locate: (_service, path) => path,
  };
}
