import { expect, test } from "vitest";
import { makeFactory, shop } from "../../test/support/factories.ts";
import type { ObservedContainer } from "../ports/containers.ts";
import { deriveDesired } from "./desired.ts";
import { formatStatus, summarizeServices } from "./service-status.ts";

function observe(service: string, state: string, running = true): ObservedContainer {
  const rest = {
    hash: "",
    imageId: undefined,
    properties: new Map(),
    ours: true,
    isSeparate: true,
  };
  return { service, id: service, name: `disinto-${service}`, state, running, ...rest };
}

test("problems come first: what is missing, stuck, ended, or ends again and again", () => {
  const env = "LLAMA_BASE_URL=http://m:1\nLLAMA_BOTS=a,b,c,d,e\n";
  const section = "[agents.d]\nenabled = false\n";
  const desired = deriveDesired(makeFactory(env, { shop: shop + section }), "/srv/factory");

  const services = summarizeServices(desired, [
    observe("forgejo", "running"),
    observe("agents-llama-a", "restarting"),
    observe("agents-llama-b", "exited (1)", false),
    observe("agents-llama-e", "running (unhealthy)"),
    observe("grafana", "running"),
  ]);

  expect(formatStatus(services)).toMatchInlineSnapshot(`
    "egress           missing               the way out, and the published ports
    agents-llama-a   restarting            LLAMA_BOTS (.env:2)
    agents-llama-b   exited (1)            LLAMA_BOTS (.env:2)
    agents-llama-c   missing               LLAMA_BOTS (.env:2)
    agents-llama-e   running (unhealthy)   LLAMA_BOTS (.env:2)
    forgejo          running               the factory's forge
    agents-llama-d   disabled              LLAMA_BOTS (.env:2)
    grafana          running               not declared"
  `);
});
