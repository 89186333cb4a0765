import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { runOrThrow } from "../adapters/process.ts";
import { buildProxy } from "../egress/proxy.ts";
import { checkModels } from "./doctor-models.ts";

let model: Server;
let proxy: Server;
let allow: readonly string[];

beforeEach(async () => {
  allow = [];
  model = createServer((_, response) => response.end("ok")).listen(0, "127.0.0.1");
  proxy = buildProxy({
    readLists: () => ({ callers: { bot: { name: "a", allow } }, forwards: [], inbound: [] }),
    nameOf: async () => "bot",
    onRefusal: () => undefined,
  }).listen(0, "127.0.0.1");
  await Promise.all([once(model, "listening"), once(proxy, "listening")]);
});
afterEach(() => {
  model.close();
  proxy.close();
});

/** As if this host were the bot's container, whose way out is the proxy. */
async function check(changes: object = {}) {
  const env = "LLAMA_BOTS=a\nLLAMA_BASE_URL=http://elsewhere:1\n";
  const { bots, ...factory } = makeFactory(env, {
    shop: 'repo = "acme/shop"\nci.provider = "external"\n',
  });
  const baseUrl = `http://127.0.0.1:${portOf(model)}`;
  const EGRESS_PROXY = `http://127.0.0.1:${portOf(proxy)}`;
  const service = { service: "agents-llama-a", running: true, ours: true };
  const fleet = {
    factory: { ...factory, bots: bots.map((bot) => ({ ...bot, baseUrl, ...changes })) },
    environment: new Map(),
    containers: {
      observe: async () => ({ containers: [service] }),
      exec: async (_: string, argv: readonly [string, ...string[]]) =>
        argv[0] === "node"
          ? runOrThrow(argv, { env: { ...process.env, EGRESS_PROXY } })
          : Promise.reject(new Error("no disinto in there")),
    },
    examineModel: async () => ({ proof: { works: true, callsTool: true } }),
  } as unknown as Parameters<typeof checkModels>[0];
  const [finding] = await checkModels(fleet);
  return finding;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

test("a model elsewhere is asked for by the bot's way out", async () => {
  allow = [`127.0.0.1:${portOf(model)}`];

  expect(await check()).toMatchObject({ verdict: "good" });
});

test("a model elsewhere that the way out refuses is bad, though this host reaches it", async () => {
  expect(await check()).toMatchObject({
    verdict: "bad",
    message: expect.stringMatching(/ is reachable from this host but not from agents-llama-a$/),
    hint: "run disinto up, so that the egress service allows this address",
  });
});

test("a model that does not answer is nobody's matter where only commands have its address, or no bot that runs", async () => {
  expect(await check()).toMatchObject({ verdict: "bad" });
  expect(await check({ harness: "command" })).toBeUndefined();
  expect(await check({ enabled: false })).toBeUndefined();
});
