import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EgressLists } from "../core/egress-lists.ts";
import { buildProxy, type RefusedRequest } from "./proxy.ts";

let outside: Server;
let proxy: Server;
let lists: EgressLists;
let refusals: RefusedRequest[];
/** The container that the next connections come from. */
let container: string | undefined;

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeEach(async () => {
  outside = createServer((_, response) => response.end("outside")).listen(0, "127.0.0.1");
  await once(outside, "listening");
  refusals = [];
  const allow = [`127.0.0.1:${portOf(outside)}`];
  const callers = { "f-ada": { name: "ada", allow }, "f-bob": { name: "bob", allow: [] } };
  lists = { callers, forwards: [], inbound: [] };
  proxy = buildProxy({
    readLists: () => lists,
    nameOf: async () => container,
    onRefusal: (refusal) => void refusals.push(refusal),
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
});

afterEach(() => {
  for (const server of [outside, proxy]) {
    server.close();
    server.closeAllConnections();
  }
});

/** The status of a CONNECT. */
async function ask(from: string | undefined, target: string): Promise<number | undefined> {
  container = from;
  const asked = request({ port: portOf(proxy), method: "CONNECT", path: target });
  asked.end();
  return new Promise((resolve, reject) => {
    asked.on("error", reject).on("connect", ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
  });
}

test("each caller gets out to what its own list names, and a list that changes counts at once", async () => {
  const target = `127.0.0.1:${portOf(outside)}`;

  expect(await ask("f-ada", target)).toBe(200);
  expect(await ask("f-bob", target)).toBe(403);
  expect(await ask("f-eve", target)).toBe(403);
  expect(await ask(undefined, target)).toBe(403);
  lists = { ...lists, callers: { ...lists.callers, "f-bob": { name: "bob", allow: [target] } } };
  expect(await ask("f-bob", target)).toBe(200);
});

test("a refusal is told with host and bot, and a bot is shown its own alone", async () => {
  await ask("f-ada", "evil.example.com:443");
  await ask("f-bob", "other.example.com:8443");

  expect(refusals).toMatchObject([
    { caller: "ada", host: "evil.example.com" },
    { caller: "bob", host: "other.example.com:8443" },
  ]);
  container = "f-bob";
  const shown = await fetch(`http://127.0.0.1:${portOf(proxy)}/refusals`);
  expect(await shown.json()).toMatchObject([{ caller: "bob", host: "other.example.com:8443" }]);
});
