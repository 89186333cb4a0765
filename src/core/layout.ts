/** Where things are on an engine: inside containers, or below the factory's folder. */
import { engines } from "../engines/definitions.ts";
import type { Factory } from "./factory.ts";

/** In the local CI's data folder: where it answers. */
export const CI_ADDRESS_FILE = "address";

/** How an engine addresses what it runs. */
export interface Layout {
  readonly forgeUrl: string;
  readonly bind: string;
  readonly forgePort: number;
  /** Where a bot says how it is; undefined: nowhere. */
  readonly healthPort: number | undefined;
  /** Where bots ask the local CI. */
  readonly ciUrl: string;
  /** 0: any free one. */
  readonly ciPort: number;
  /** The folder that a path inside the service's container is on this engine. */
  readonly locate: (service: string, path: string) => string;
}

export function deriveLayout(factory: Factory, folder: string): Layout {
  return engines[factory.engine].layout(factory, folder);
}
