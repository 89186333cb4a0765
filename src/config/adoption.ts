/**
 * What an older installation left behind, as settings of today: they count at once, and the next `up`
 * writes them into `.env`, so that they still hold when the old compose file is gone.
 */

import { namesOf } from "../core/kinds.ts";
import { DEFAULT_FORGE, forgeKinds, OLDER_FORGE } from "../forge-kinds/definitions.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
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
export function adopt(
  environment: Environment,
  services: OlderServices,
  generated: ReadonlyMap<string, string> = new Map(),
): readonly Adopted[] {
  const found = [
    ...adoptCredentials(environment),
    ...adoptForge(services),
    ...adoptImages(environment, generated),
  ];
  return found.filter(({ key }) => !environment.values.has(key));
}

/** Whose images are not disinto's own: a later version's default must not change what runs. */
const pinned = [
  ["woodpecker", env.imageWoodpecker],
  ["woodpecker-agent", env.imageWoodpeckerAgent],
  ["edge", env.imageEdge],
] as const;

/** What disinto itself generated and no line of `.env` says. */
function* adoptImages(
  { values }: Environment,
  generated: ReadonlyMap<string, string>,
): Generator<Adopted> {
  const because = "from docker-compose.yml as it is";
  for (const [service, { key, fallback }] of pinned) {
    const value = generated.get(service);
    if (value && value !== fallback) yield { key, value, because };
  }
  const image = generated.get(FORGE_SERVICE);
  const kind = namesOf(forgeKinds).find(
    (name) => name === (values.get(env.forge.key) ?? OLDER_FORGE),
  );
  const service = kind && forgeKinds[kind].service;
  const own = forgeKinds[DEFAULT_FORGE].service?.image("") ?? "";
  if (!image || !service || service.isOwn || image.startsWith(own)) return;
  if (!values.has(env.forge.key)) {
    // The image of disinto's own forge may have been named by the operator.
    if (values.has(env.imageForgejo.key)) return;
    yield { key: env.forge.key, value: kind, because };
  }
  if (image !== service.image("")) yield { key: env.imageForgejo.key, value: image, because };
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
