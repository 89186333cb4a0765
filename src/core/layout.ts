/** Where things are on an engine: inside containers, or below the factory's folder. */
import { engines } from "../engines/definitions.ts";
import { deriveAddresses } from "./addresses.ts";
import type { Factory } from "./factory.ts";
import { CI_ADDRESS_FILE } from "./names.ts";

/** How an engine lays out what it runs. */
export interface Layout {
  readonly forgeUrl: string;
  readonly bind: string;
  readonly forgePort: number;
  /** The port of a bot's status; undefined if it has none. */
  readonly healthPort: number | undefined;
  /** Where bots ask the local CI. */
  readonly ciUrl: string;
  /** 0: any free one, which the CI writes down. */
  readonly ciPort: number;
  /** The folder that a path inside the service's container is on this engine. */
  readonly locate: (service: string, path: string) => string;
}

export function deriveLayout(factory: Factory, folder: string): Layout {
  const places = engines[factory.engine].layout(factory.forge, folder);
  const ciFile = `file://${encodeURI(places.locate("ci", "/data"))}/${CI_ADDRESS_FILE}`;
  const { forge, ci } = deriveAddresses(factory, ciFile);
  return { ...places, forgeUrl: forge.internal, ciUrl: ci.internal };
}
