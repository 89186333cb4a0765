import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { apply, backend, desire, replan } from "../../test/support/plans.ts";
import { type Desired, deriveDesired } from "./desired.ts";
import { planServices } from "./plan.ts";
import { formatPlan } from "./plan-text.ts";

test("steps stand in the order in which they run, with one start for all", () => {
  const steps = replan(desire("gone"), desire("a b"));

  expect(steps.map(({ action }) => action)).toEqual([
    expect.objectContaining({ kind: "remove-service", service: "agents-llama-gone" }),
    { kind: "create-volume", volume: "project-repos-a", service: "agents-llama-a" },
    { kind: "create-volume", volume: "agent-data-a", service: "agents-llama-a" },
    { kind: "create-volume", volume: "project-repos-b", service: "agents-llama-b" },
    { kind: "create-volume", volume: "agent-data-b", service: "agents-llama-b" },
    {
      kind: "start-services",
      starts: [
        { service: "agents-llama-a", change: "start", because: "new in LLAMA_BOTS (.env:2)" },
        { service: "agents-llama-b", change: "start", because: "new in LLAMA_BOTS (.env:2)" },
      ],
    },
  ]);
});

test("a container under a wrong name goes before anything starts", () => {
  const desired = desire("a");
  const world = apply(desired);
  const containers = world.containers.map((one) =>
    one.service === "agents-llama-a" ? { ...one, name: "abc_disinto-agents-a" } : one,
  );

  const kinds = planServices(desired, { ...world, containers }).map(({ action }) => action.kind);

  expect(kinds).toEqual(["remove-container", "start-services"]);
});

test("bots that mount the CI's volume start after it is closed, and the CI before that", () => {
  const desired = desireWoodpecker();
  const nothing = { ...apply(desired), containers: [], volumes: new Map() };

  const steps = planServices(desired, nothing);

  const acts = steps.flatMap(({ action }) => {
    if (action.kind === "start-services") return action.starts.map(({ service }) => service).join();
    return action.kind === "close-volume" ? action.volume : [];
  });
  expect(acts).toEqual([
    "forgejo,woodpecker,woodpecker-agent,egress",
    "woodpecker-data",
    "agents-llama-a",
  ]);
  expect(formatPlan(steps, desired)).toContain(
    "~ volume  woodpecker-data    bots mount it: closed to every user of a bot",
  );
});

test("a volume that nobody makes before a bot starts is not closed", () => {
  const desired = desireWoodpecker();
  const nothing = { ...apply(desired), containers: [], volumes: new Map() };

  const steps = planServices(desired, nothing, { only: ["agents-llama-a"] });

  expect(steps.map(({ action }) => action.kind)).toEqual([
    "create-volume",
    "create-volume",
    "start-services",
  ]);
});

test("a running service whose volume is gone is replaced, and a volume of somebody else's is left", () => {
  const desired = desire("a");
  const world = apply(desired);
  const volumes = new Map([...world.volumes].filter(([name]) => name !== "agent-data-a"));
  const external = new Map(
    [...world.rendered].map(([name, one]) => [name, { ...one, volumes: [] }] as const),
  );

  const text = formatPlan(planServices(desired, { ...world, volumes }), desired);

  expect(text).toMatchInlineSnapshot(`
    "~ service agents-llama-a   its volume agent-data-a is gone; the container is replaced
    + volume  agent-data-a
    2 services unchanged"
  `);
  expect(planServices(desired, { ...world, volumes, rendered: external })).toEqual([]);
});

function desireWoodpecker(): Desired {
  const names = "FORGE_URL=http://box.lan:3000\nWOODPECKER_HOST=http://box.lan:8000\n";
  const env = `${backend}LLAMA_BOTS=a\nWOODPECKER_AGENT_SECRET=s\n${names}`;
  const project = 'repo = "acme/shop"\nci.provider = "woodpecker"\n';
  return deriveDesired(makeFactory(env, { shop: project }), "/srv/factory");
}
