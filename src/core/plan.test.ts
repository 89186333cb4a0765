import fc from "fast-check";
import { expect, test } from "vitest";
import { apply, desire, replan } from "../../test/support/plans.ts";
import type { ObservedContainer } from "../ports/containers.ts";
import type { Desired } from "./desired.ts";
import { listUnmanaged, type ObservedFactory, planServices } from "./plan.ts";
import { formatPlan, formatUnmanaged, listServices } from "./plan-text.ts";

function show(before: Desired, after: Desired): string {
  return formatPlan(replan(before, after), after);
}

test("a bot added to LLAMA_BOTS is one new service with its volumes, and nothing else", () => {
  expect(show(desire("dev-qwen"), desire("dev-qwen dev-qwen2"))).toMatchInlineSnapshot(`
    "+ service agents-llama-dev-qwen2    new in LLAMA_BOTS (.env:2)
    + volume  project-repos-dev-qwen2
    + volume  agent-data-dev-qwen2
    3 services unchanged"
  `);
});

test("a removed bot is stopped, its volumes stay, and somebody must agree", () => {
  const steps = replan(desire("dev-qwen dev-qwen2"), desire("dev-qwen"));

  expect(formatPlan(steps, desire("dev-qwen"))).toMatchInlineSnapshot(`
    "- service agents-llama-dev-qwen2   no longer declared; its volumes are kept (disinto prune)
    3 services unchanged"
  `);
  expect(steps.map(({ action }) => "needsConsent" in action && action.needsConsent)).toEqual([
    true,
  ]);
});

test("a changed setting replaces the one container, and is named without its value", () => {
  const slow = '[agents.b]\npoll_interval = 90\nharness = "command"\ncommand = ["x"]\n';

  expect(show(desire("a b"), desire("a b", slow))).toMatchInlineSnapshot(`
    "~ service agents-llama-b   environment AGENT_COMMAND, AGENT_HARNESS, AGENT_POLL_INTERVAL changed; the container is replaced
    3 services unchanged"
  `);
});

test("a bot that moves into LLAMA_BOTS keeps its container's name, and needs no consent", () => {
  const section = '[agents.ada]\nbase_url = "http://model:1"\n';
  const steps = replan(desire("a", section), desire("a ada", section));

  expect(formatPlan(steps, desire("a ada", section))).toMatchInlineSnapshot(`
    "+ service agents-llama-ada   new in LLAMA_BOTS (.env:2)
    - service agents-ada         replaced by agents-llama-ada; its volumes are kept
    3 services unchanged"
  `);
  expect(steps.some(({ action }) => "needsConsent" in action && action.needsConsent)).toBe(false);
});

test("enabled = false stops the bot without asking, keeps its volumes, and stays", () => {
  const section = (enabled: boolean) => `[agents.b]\nenabled = ${enabled}\n`;
  const disabled = desire("a b", section(false));

  expect(show(desire("a b"), disabled)).toMatchInlineSnapshot(`
    "- service agents-llama-b   enabled = false; its volumes are kept
    3 services unchanged"
  `);
  expect(replan(disabled, disabled)).toEqual([]);
});

test("a container that stopped is started, one under a wrong name or image is replaced", () => {
  const desired = desire("a b c");
  const world = apply(desired);
  const spoil: Record<string, Partial<ObservedContainer>> = {
    "agents-llama-a": { running: false, state: "exited (137)" },
    "agents-llama-b": { name: "abc_disinto-agents-b" },
    "agents-llama-c": { imageId: "sha256:0" },
  };
  const containers = world.containers.map((one) => ({ ...one, ...spoil[one.service] }));

  const steps = planServices(desired, { ...world, containers });

  expect(formatPlan(steps, desired)).toMatchInlineSnapshot(`
    "+ service agents-llama-a   its container is exited (137)
    ~ service agents-llama-b   its container is named abc_disinto-agents-b; the container is replaced
    ~ service agents-llama-c   its image was rebuilt; the container is replaced
    2 services unchanged"
  `);
});

test("an image that stands for something else than when it was last run is said, also before a first start", () => {
  const desired = desire("a b");
  const world = apply(desired);
  const [was, is] = [`sha256:${"0".repeat(64)}`, `sha256:${"1".repeat(64)}`];
  const image = { reference: "bots:1", digest: is };
  const rendered = new Map([...world.rendered].map(([name, one]) => [name, { ...one, image }]));
  const containers = world.containers
    .filter(({ service }) => service !== "agents-llama-a")
    .map((one) => (one.service.endsWith("-b") ? { ...one, imageId: was } : one));
  const recordedImages = new Map([["bots:1", was]]);

  const steps = planServices(desired, { ...world, rendered, containers, recordedImages });

  expect(formatPlan(steps, desired)).toMatchInlineSnapshot(`
    "+ service agents-llama-a   new in LLAMA_BOTS (.env:2); bots:1 is sha256:111111111111, was sha256:000000000000
    ~ service agents-llama-b   its image was rebuilt (bots:1 is sha256:111111111111, was sha256:000000000000); the container is replaced
    2 services unchanged"
  `);
});

test("what disinto did not make is never touched", () => {
  const desired = desire("a");
  const world = apply(desired);
  const [first] = world.containers;
  const stranger = { ...first, service: "grafana", name: "grafana", ours: false };

  const containers = [...world.containers, stranger as ObservedContainer];

  expect(planServices(desired, { ...world, containers })).toEqual([]);
});

test("the llama service of an older installation is replaced by dev-qwen's, and only by that", () => {
  const world = apply(desire("dev-qwen"));
  const [forge] = world.containers;
  const old = {
    ...forge,
    service: "agents-llama",
    id: "id",
    name: "disinto-agents-llama",
    ours: false,
  };
  const agents = { ...old, service: "agents", name: "disinto-agents" };
  const containers = [forge, old, agents] as readonly ObservedContainer[];
  const adopted = [{ key: "FORGE_TOKEN_DEV_QWEN", because: "copied from FORGE_TOKEN_LLAMA" }];
  const snapshot: ObservedFactory = {
    ...world,
    containers,
    volumes: new Map([["forgejo-data", []]]),
    adopted,
  };

  const steps = planServices(desire("dev-qwen"), snapshot);

  expect(formatPlan(steps, desire("dev-qwen"))).toMatchInlineSnapshot(`
    "+ setting FORGE_TOKEN_DEV_QWEN in .env   copied from FORGE_TOKEN_LLAMA
    + service egress                         the way out, and the published ports
    + service agents-llama-dev-qwen          new in LLAMA_BOTS (.env:2)
    + volume  project-repos-dev-qwen
    + volume  agent-data-dev-qwen
    - service agents-llama                   replaced by agents-llama-dev-qwen; its volumes are kept (disinto prune)
    1 service unchanged"
  `);
  expect(formatUnmanaged(listUnmanaged(desire("dev-qwen"), snapshot))).toEqual([
    "! service agents   not managed by disinto; stop it with: docker stop disinto-agents",
  ]);
  const withoutHeir = planServices(desire("other"), snapshot);
  const consents = withoutHeir.filter(
    ({ action }) => "needsConsent" in action && action.needsConsent,
  );
  expect(consents).toHaveLength(1);
});

test("planning again after applying plans nothing, from any fleet to any other", () => {
  const fleets = fc.uniqueArray(fc.constantFrom("a", "b", "c-1", "d2", "e"));
  fc.assert(
    fc.property(fleets, fleets, (before, after) => {
      const [old, desired] = [desire(before.join(" ")), desire(after.join(","))];
      const steps = replan(old, desired);

      const touched = steps.flatMap(({ action }) => listServices(action));
      expect(touched.sort()).toEqual(
        [...before, ...after]
          .filter((name) => before.includes(name) !== after.includes(name))
          .map((name) => `agents-llama-${name}`)
          .sort(),
      );
      expect(planServices(desired, apply(desired))).toEqual([]);
    }),
  );
});
