/** An agent in a session that asks the model's server for more than turns, with the operator's key behind the gateway. */
import { createServer, type IncomingMessage, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Redactor } from "../../../src/core/redactor.ts";
import { ModelGateway } from "../../../src/harness/gateway/gateway.ts";

const KEY = "sk-operator-0123456789";

/** A server that answers all pages, and quotes what it was sent in its complaints, as some do. */
async function buildScene() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    if (request.headers["x-fail"] === undefined) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        Buffer.from(`data: {"type":"message_stop","quoted":"${KEY}"}\n\n\xff`, "latin1"),
      );
      return;
    }
    const key = request.headers["x-api-key"];
    response.writeHead(400, { "content-type": "text/plain", "request-id": `for ${key}` });
    response.end(`unknown field in request with x-api-key: ${key}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const redactor = new Redactor();
  redactor.learn([["LLAMA_API_KEY", KEY]]);
  const gateway = await ModelGateway.open({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    key: KEY,
    redact: redactor.redact,
    admit: async () => undefined,
    onActivity: () => undefined,
    onFaults: () => undefined,
  });
  onTestFinished(async () => {
    await gateway.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { asked, gateway };
}

/** With the target byte for byte as written: `fetch` would tidy it up. */
async function ask(
  gateway: ModelGateway,
  { method, target, fail = false }: { method: string; target: string; fail?: boolean },
) {
  const { hostname, port } = new URL(gateway.url);
  const headers = { "x-api-key": gateway.sessionKey, ...(fail && { "x-fail": "1" }) };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    send({ hostname, port, method, path: target, headers }, resolve)
      .once("error", reject)
      .end(method === "POST" ? "{}" : undefined);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

const forbidden = [
  "POST /v1/messages/",
  "POST /v1/messages/batches",
  "GET /v1/messages",
  "GET /v1/files",
  "POST /v1/files",
  "DELETE /v1/models",
  "GET /v1/models/../files",
  "POST /slots/0?action=erase",
  "POST /v1/messages/..%2f..%2fslots/0?action=erase",
  "POST /v1/messages/%2e%2e/batches",
  "POST /v1/%256dessages",
  "POST /v1/messages%00",
  "POST /v1/messages%3f/x",
  "POST /completion",
  "POST /v1/embeddings",
  "GET /props",
  "POST http://127.0.0.1:9/v1/files",
];

test.each(forbidden)("%s is not asked of the server", async (line) => {
  const { asked, gateway } = await buildScene();
  const [method = "", target = ""] = line.split(" ");

  expect((await ask(gateway, { method, target })).status).toBe(404);
  expect(asked).toEqual([]);
});

const spelt: readonly (readonly [string, string])[] = [
  ["POST /v1/messages?beta=true", "POST /v1/messages?beta=true"],
  ["POST /v1/./%6dessages?x=1", "POST /v1/messages"],
  ["POST //v1//messages", "POST /v1/messages"],
  ["POST http://127.0.0.1:9/v1/messages", "POST /v1/messages"],
  ["POST /v1/messages/../chat/completions", "POST /v1/chat/completions"],
  ["POST /v1/responses", "POST /v1/responses"],
];

test.each(spelt)("%s is sent as it is meant, and counted", async (line, sent) => {
  const { asked, gateway } = await buildScene();
  const [method = "", target = ""] = line.split(" ");

  await ask(gateway, { method, target });

  expect(asked).toEqual([sent]);
  expect(gateway.stats).toMatchObject({ requests: 1, turns: 1 });
});

test("control: counting tokens and naming models are no turns", async () => {
  const { asked, gateway } = await buildScene();

  await ask(gateway, { method: "POST", target: "/v1/messages/count_tokens" });
  await ask(gateway, { method: "GET", target: "/v1/models?limit=1000" });

  expect(asked).toEqual(["POST /v1/messages/count_tokens", "GET /v1/models?limit=1000"]);
  expect(gateway.stats).toMatchObject({ requests: 0, turns: 0 });
});

test("a complaint that quotes the key reaches nobody, in its body, a header or the fault", async () => {
  const { gateway } = await buildScene();

  const { status, headers, body } = await ask(gateway, {
    method: "POST",
    target: "/v1/messages",
    fail: true,
  });

  expect(status).toBe(400);
  expect(body.toString()).toBe("unknown field in request with x-api-key: [LLAMA_API_KEY]");
  expect(JSON.stringify([headers, gateway.stats])).not.toContain(KEY);
});

test("control: what the model says passes byte for byte", async () => {
  const { gateway } = await buildScene();

  const { body } = await ask(gateway, { method: "POST", target: "/v1/messages" });

  expect(body.toString("latin1")).toBe(`data: {"type":"message_stop","quoted":"${KEY}"}\n\n\xff`);
});
