import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { buildLlamaServer } from "./llama-server.ts";

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Answer {
  status: number;
  body: string;
}

async function serve(answer: Answer, asked: string[] = []): Promise<string> {
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? ""}`.trim());
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function clockAt(time: { ms: number }) {
  return { now: () => new Date(0), monotonicMs: () => time.ms, sleep: async () => undefined };
}

test("llama-server says its slots beside its API, and is asked again only after a while", async () => {
  const asked: string[] = [];
  const answer = { status: 200, body: '{"total_slots": 4}' };
  const time = { ms: 0 };
  const url = await serve(answer, asked);
  const model = buildLlamaServer({ baseUrl: `${url}/v1`, apiKey: "k", clock: clockAt(time) });

  expect([await model.countSlots(), await model.countSlots()]).toEqual([4, 4]);
  answer.body = '{"total_slots": 2}';
  time.ms = 10 * 60_000;
  expect(await model.countSlots()).toBe(2);
  expect(asked).toEqual(["/props Bearer k", "/props Bearer k"]);
});

test("a server that is away keeps the slots that it had", async () => {
  const answer = { status: 200, body: '{"total_slots": 4}' };
  const time = { ms: 0 };
  const baseUrl = await serve(answer);
  const model = buildLlamaServer({ baseUrl, apiKey: undefined, clock: clockAt(time) });
  await model.countSlots();

  answer.status = 503;
  time.ms = 10 * 60_000;

  expect(await model.countSlots()).toBe(4);
});

test("a server that never answered is said, and one that is no llama-server has no limit", async () => {
  const answer = { status: 503, body: "loading" };
  const baseUrl = await serve(answer);
  const model = buildLlamaServer({ baseUrl, apiKey: undefined, clock: clockAt({ ms: 0 }) });
  await expect(model.countSlots()).rejects.toMatchObject({ code: "model.unavailable" });

  answer.status = 404;

  expect(await model.countSlots()).toBeUndefined();
});
