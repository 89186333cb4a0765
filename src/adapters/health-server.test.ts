import { expect, test } from "vitest";
import { serveHealth } from "./health-server.ts";

async function ask(dev: { isStuck: boolean; idleMs: number }, path = "/healthz") {
  const server = await serveHealth(0, { dev, review: { isStuck: false, idleMs: 2000 } });
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
  const text = await answer.text();
  server.close();
  return { status: answer.status, text };
}

test("a bot is healthy while each of its loops gets on", async () => {
  const text = '{"secondsWithoutProgress":{"dev":1,"review":2}}';

  expect(await ask({ isStuck: false, idleMs: 1200 })).toEqual({ status: 200, text });
  expect((await ask({ isStuck: true, idleMs: 1200 })).status).toBe(503);
});

test("nothing else is served", async () => {
  expect(await ask({ isStuck: false, idleMs: 0 }, "/")).toEqual({ status: 404, text: "" });
});
