/** Where things are on an engine: inside containers, or below the factory's folder. */
import { deriveAddresses, ports } from "./addresses.ts";
import type { Factory } from "./factory.ts";

/** In the local CI's data folder: where it answers. */
export const CI_ADDRESS_FILE = "address";

/** How an engine lays out what it runs. */
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
export function deriveLayout(factory: Factory, folder: string): Layout {
  const { engine, forge } = factory;
  if (engine === "local") {
    const locate = (service: string, path: string) =>
      `${folder}/.disinto/local/${service}/${path.split("/").at(-1)}`;
    const ciFile = `file://${encodeURI(locate("ci", "/data"))}/${CI_ADDRESS_FILE}`;
    const local = { forgePort: forge.port, healthPort: undefined, ciPort: 0 };
    return { ...locateParts(factory, ciFile), ...local, bind: forge.bind, locate };
  }
  return {
    ...locateParts(factory),
    bind: "0.0.0.0",
    forgePort: ports.forge,
    healthPort: ports.health,
    ciPort: ports.ci,
    locate: (_service, path) => path,
  };
}

function locateParts(factory: Factory, ciFile?: string) {
  const addresses = deriveAddresses(factory, ciFile);
  return { forgeUrl: addresses.forge.part, ciUrl: addresses.ci.part };
}
