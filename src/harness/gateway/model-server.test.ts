import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Capacity } from "../../core/model-window.ts";
import { buildModelServer, readServing } from "./model-server.ts";
import { readServerFacts } from "./server-facts.ts";

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Pages by their path; any other is not there. */
type Pages = Record<string, unknown>;

interface Behaviour {
  readonly asked?: string[];
  /** The status of every answer. */
  readonly status?: () => number;
}

async function serve(pages: Pages, { asked = [], status = () => 200 }: Behaviour = {}) {
  server = createServer(({ url = "", headers }, response) => {
    asked.push(`${url} ${headers.authorization ?? ""}`.trim());
    const isThere = url in pages;
    response.writeHead(isThere ? status() : 404).end(JSON.stringify(pages[url] ?? {}));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const props = (slots: number, n_ctx: number) => ({
  total_slots: slots,
  default_generation_settings: { n_ctx },
});
const nothing: Capacity = { slots: undefined, context: undefined };

function open(baseUrl: string, { time = { ms: 0 }, operator = nothing, key = "k" } = {}) {
  const clock = {
    now: () => new Date(0),
    monotonicMs: () => time.ms,
    sleep: async () => undefined,
  };
  return buildModelServer({ baseUrl, key, model: "m", api: "messages", operator, clock });
}

test("llama-server says its slots beside its API, and is asked again only after a while", async () => {
  const asked: string[] = [];
  const pages: Pages = { "/props": props(3, 8_192) };
  const time = { ms: 0 };
  const model = open(`${await serve(pages, { asked })}/v1`, { time });

  expect([await model.countSlots(), await model.countSlots()]).toEqual([3, 3]);
  pages["/props"] = props(2, 8_192);
  time.ms = 10 * 60_000;
  expect(await model.countSlots()).toBe(2);
  const round = ["/props Bearer k", "/v1/models Bearer k"];
  expect(asked).toEqual([...round, ...round]);
});

test("a server that is away keeps the slots that it had", async () => {
  let status = 200;
  const time = { ms: 0 };
  const model = open(await serve({ "/props": props(3, 8_192) }, { status: () => status }), {
    time,
  });
  await model.countSlots();

  status = 503;
  time.ms = 10 * 60_000;

  expect(await model.countSlots()).toBe(3);
});

test("a server that is still loading is said to be away, and one that is no llama-server has no limit", async () => {
  const pages: Pages = { "/props": "loading" };
  let status = 503;
  const model = open(await serve(pages, { status: () => status }));
  await expect(model.countSlots()).rejects.toMatchObject({ code: "model.unavailable" });

  status = 404;

  expect(await model.countSlots()).toBeUndefined();
});

test.each([
  {
    server: "llama-server with -np 2",
    pages: { "/props": props(2, 32_768) },
    slots: 2,
    window: 32_768,
  },
  {
    server: "one without -np, of which all slots share one cache",
    pages: { "/props": props(4, 65_536) },
    slots: 2,
    window: 32_768,
  },
  {
    server: "the same with little memory",
    pages: { "/props": props(4, 16_384) },
    slots: 1,
    window: 16_384,
  },
  {
    server: "a router, of the model that is asked for",
    pages: {
      "/props": { role: "router", default_generation_settings: { n_ctx: 0 } },
      "/props?model=m": props(2, 16_384),
    },
    slots: 2,
    window: 16_384,
  },
  {
    server: "vLLM, by its page of models",
    pages: {
      "/v1/models": {
        data: [
          { id: "o", max_model_len: 1 },
          { id: "m", max_model_len: 40_960 },
        ],
      },
    },
    slots: undefined,
    window: 40_960,
  },
  {
    server: "one that says names alone",
    pages: { "/v1/models": { data: [{ id: "m" }] } },
    slots: undefined,
    window: undefined,
  },
])("slots and window are what a server says: $server", async ({ pages, slots, window }) => {
  const baseUrl = await serve(pages);

  expect(await open(baseUrl).countSlots()).toBe(slots);
  expect((await readServing({ baseUrl, key: undefined, model: "m" }, nothing)).window).toBe(window);
});

test("the operator's word counts where a server says nothing, and where it is the smaller one", async () => {
  const at = { key: undefined, model: "m" };
  const silent = { baseUrl: await serve({}), ...at };
  expect(await readServing(silent, { ...nothing, context: 20_480 })).toMatchObject({
    window: 20_480,
  });
  server?.close();
  const shared = { baseUrl: await serve({ "/props": props(4, 65_536) }), ...at };

  expect(await readServing(shared, { slots: 4, context: 16_384 })).toMatchObject({
    window: 16_384,
  });
  expect(await readServing(shared, { slots: 4, context: undefined })).toMatchObject({
    window: 65_536,
  });
});

test("the names of its models are read", async () => {
  const baseUrl = await serve({ "/v1/models": { data: [{ id: "a" }, { id: "b" }] } });

  expect((await readServerFacts({ baseUrl, key: undefined, model: "a" })).models).toEqual([
    "a",
    "b",
  ]);
});
