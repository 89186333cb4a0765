import { Hono } from "hono";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type HttpServer, serveHttp } from "../../adapters/http-server.ts";
import { serveGate } from "./gate.ts";

let woodpecker: HttpServer;
let gate: HttpServer;
let asked: string[];

beforeAll(async () => {
  const app = new Hono();
  app.all("*", ({ req, json, body }) => {
    asked.push(
      `${req.method} ${req.url.replace(/^http:..[^/]*/, "")} ${req.header("authorization")}`,
    );
    return req.path.endsWith("/404") ? body(null, 404) : json({ id: 7 });
  });
  const local = { bind: "127.0.0.1", port: 0 };
  woodpecker = await serveHttp(app, local);
  const url = `http://127.0.0.1:${woodpecker.port}`;
  gate = await serveGate({ url, botsToken: "bots", accountToken: "account", ...local });
});

afterAll(() => {
  gate.close();
  woodpecker.close();
});

beforeEach(() => {
  asked = [];
});

function ask(method: string, path: string, { token = "bots", ...more }: Asked = {}) {
  const headers = { authorization: `Bearer ${token}` };
  return fetch(`http://127.0.0.1:${gate.port}${path}`, { method, headers, ...more });
}

interface Asked {
  readonly token?: string;
  readonly body?: string;
}

test("bots read runs and logs and restart runs, with a token that Woodpecker never sees", async () => {
  const all = [
    "GET /api/repos/lookup/acme/shop",
    "GET /api/repos/7/pipelines?page=1&perPage=50",
    "GET /api/repos/7/pipelines/3",
    "GET /api/repos/7/pipelines/3/config",
    "GET /api/repos/7/logs/3/12",
    "POST /api/repos/7/pipelines/3",
  ];
  for (const one of all) {
    const [method = "", path = ""] = one.split(" ");
    const answer = await ask(method, path);
    expect([one, answer.status, await answer.json()]).toEqual([one, 200, { id: 7 }]);
  }
  expect(asked).toEqual(all.map((one) => `${one} Bearer account`));
});

test("whatever else the account may do, bots may not", async () => {
  const refused = [
    "POST /api/repos/7/secrets",
    "GET /api/repos/7/secrets",
    "PATCH /api/repos/7",
    "DELETE /api/repos/7/logs/3",
    "POST /api/repos/7/pipelines",
    "POST /api/repos/7/pipelines/3?event=deployment",
    "POST /api/repos/7/pipelines/3/approve",
    "GET /api/repos/7/pipelines/3/metadata",
    "GET /api/user",
    "POST /api/user/token",
    "GET /api/agents",
    "GET /api/repos/lookup/acme/shop/../../../user",
    "GET /api/repos/7/pipelines/3%2f..%2f..%2fsecrets",
    "GET /",
  ];
  for (const one of refused) {
    const [method = "", path = ""] = one.split(" ");
    expect([one, (await ask(method, path)).status]).toEqual([one, 403]);
  }
  expect(asked).toEqual([]);
});

test("the text of a request goes nowhere", async () => {
  await ask("POST", "/api/repos/7/pipelines/3", { body: '{"SECRET":"x"}' });

  expect(asked).toEqual(["POST /api/repos/7/pipelines/3 Bearer account"]);
});

test("without the bots' token nothing is asked; the account's own is none", async () => {
  expect((await ask("GET", "/api/repos/7/pipelines", { token: "other" })).status).toBe(401);
  expect((await ask("GET", "/api/repos/7/pipelines", { token: "account" })).status).toBe(401);
  expect(asked).toEqual([]);
});

test("what Woodpecker answers is handed on as it is", async () => {
  expect((await ask("GET", "/api/repos/7/pipelines/404")).status).toBe(404);
});
