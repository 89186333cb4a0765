/** Desired states, the world in which they are reached, and the plans between them. */

import { type Desired, deriveDesired } from "../../src/core/desired.ts";
import { type ObservedFactory, planServices, type ServiceStep } from "../../src/core/plan.ts";
import type { ObservedContainer, RenderedService } from "../../src/ports/containers.ts";
import { makeFactory, shop } from "./factories.ts";

export const backend = "LLAMA_BASE_URL=http://host.docker.internal:8081\n";

export function desire(bots: string, more = ""): Desired {
  const env = `${backend}LLAMA_BOTS="${bots}"\n`;
  return deriveDesired(makeFactory(env, { shop: shop + more }), "/srv/factory");
}

/** What an engine would say of a rendering: here the hash is the environment. */
function renderAll(desired: Desired, image = "sha256:1"): ReadonlyMap<string, RenderedService> {
  return new Map(
    desired.services.map((service) => [
      service.name,
      {
        hash: JSON.stringify([service.environment, service.image]),
        imageId: image,
        volumes: service.volumes.map(({ name }) => name),
        properties: new Map(
          Object.entries(service.environment).map(([key, value]) => [`environment ${key}`, value]),
        ),
      },
    ]),
  );
}

/** The world after everything desired was done. */
export function apply(desired: Desired): ObservedFactory {
  const rendered = renderAll(desired);
  const running = desired.services.filter(({ enabled }) => enabled);
  const containers = running.map((service): ObservedContainer => {
    const { hash = "", imageId, properties = new Map() } = rendered.get(service.name) ?? {};
    const [id, name] = [`id-${service.container}`, service.container];
    const state = "running";
    return {
      service: service.name,
      id,
      name,
      hash,
      imageId,
      properties,
      running: true,
      ours: true,
      isSeparate: true,
      state,
    };
  });
  const volumes = new Map(
    desired.services.flatMap((one) =>
      one.volumes.map(({ name }) => [name, [one.container]] as const),
    ),
  );
  const adopted: ObservedFactory["adopted"] = [];
  return {
    rendered,
    containers,
    volumes,
    adopted,
    files: [{ path: "docker-compose.yml", state: "same" }],
  };
}

export function replan(before: Desired, after: Desired): readonly ServiceStep[] {
  return planServices(after, { ...apply(before), rendered: renderAll(after) });
}
