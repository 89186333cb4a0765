import { expect, onTestFinished, test } from "vitest";
import { type HealthSources, serveHealth } from "./health-server.ts";

interface Question {
  readonly path?: string;
  readonly token?: string | undefined;
  readonly authorization?: string;
}

async function ask(
  dev: HealthSources["loops"][string],
  { path = "/healthz", token, authorization }: Question = {},
) {
  const server = await serveHealth(0, {
    loops: { dev, review: { isStuck: false, idleMs: 2000 } },
    token,
    metrics: async () => "disinto_bot_info 1\n",
    status: async () => ({ name: "ada" }),
  });
  onTestFinished(() => server.close());
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    headers: authorization === undefined ? {} : { authorization },
  });
  return { status: answer.status, text: await answer.text() };
}

const well = { isStuck: false, idleMs: 1200 };

test("a bot is healthy while each of its loops gets on", async () => {
  const text = '{"secondsWithoutProgress":{"dev":1,"review":2}}';

  expect(await ask(well)).toEqual({ status: 200, text });
  expect((await ask({ ...well, isStuck: true })).status).toBe(503);
});

test("its figures are served to everybody in the network", async () => {
  expect(await ask(well, { path: "/metrics" })).toEqual({
    status: 200,
    text: "disinto_bot_info 1\n",
  });
});

test("its status is served only with the factory's token, and not at all where there is none", async () => {
  const path = "/status";
  const right = { path, token: "t0ken", authorization: "Bearer t0ken" };

  expect(await ask(well, right)).toEqual({ status: 200, text: '{"name":"ada"}' });
  expect((await ask(well, { path, token: "t0ken" })).status).toBe(401);
  expect((await ask(well, { ...right, authorization: "Bearer other" })).status).toBe(401);
  expect((await ask(well, { path, authorization: "Bearer undefined" })).status).toBe(404);
});

test("nothing else is served", async () => {
  expect(await ask(well, { path: "/" })).toEqual({ status: 404, text: "" });
});
