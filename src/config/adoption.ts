/**
 * What an older installation left behind, as settings of today: they count at once, and the next `up`
 * writes them into `.env`, so that they still hold when the old compose file is gone.
 */

import { OLDER_FORGE } from "../forge-kinds/definitions.ts";
import { env } from "../settings/env.ts";
import { hasTag } from "../settings/image-reference.ts";
import type { Environment } from "./environment.ts";
import type { OlderServices } from "./files.ts";
import { readLlamaBots } from "./llama-bots.ts";

export interface Adopted {
  readonly key: string;
  readonly value: string;
  /** Never the value: it may be a secret. */
  readonly because: string;
}

/** `services` are those of docker-compose.yml, when there is one that this disinto did not write. */
export function adopt(environment: Environment, services: OlderServices): readonly Adopted[] {
  const found = [...adoptCredentials(environment), ...adoptForge(services)];
  return found.filter(({ key }) => !environment.values.has(key));
}

/** The one llama bot of old was dev-qwen on the forge, under variables named for its service. */
function* adoptCredentials(environment: Environment): Generator<Adopted> {
  if (!readLlamaBots(environment).names.includes("dev-qwen")) return;
  for (const kind of ["TOKEN", "PASS"]) {
    const [old, key] = [`FORGE_${kind}_LLAMA`, `FORGE_${kind}_DEV_QWEN`];
    const value = environment.values.get(old);
    if (value) yield { key, value, because: `copied from ${old}` };
  }
}

function* adoptForge(services: OlderServices): Generator<Adopted> {
  const forge = services.forgejo;
  if (!forge) return;
  const because = "from the older docker-compose.yml";
  const port = Array.isArray(forge.ports) ? /(?:^|:)(\d+):\d+$/.exec(String(forge.ports[0])) : null;
  if (port?.[1]) yield { key: env.forgePort.key, value: port[1], because };
  if (typeof forge.image !== "string" || forge.image.includes("$")) return;
  yield { key: env.forge.key, value: OLDER_FORGE, because };
  const value = hasTag(forge.image) ? forge.image : `${forge.image}:latest`;
  yield { key: env.imageForgejo.key, value, because };
}
