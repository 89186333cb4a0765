import { expect, onTestFinished, test } from "vitest";
import type { Fault, Script } from "../../../test/model-server/script.ts";
import { ModelServer } from "../../../test/model-server/server.ts";
import { Redactor } from "../../core/redactor.ts";
import { type GatewayOptions, ModelGateway } from "./gateway.ts";

const script: Script = { key: "sk-real", conversations: [{ answers: [{ text: "Hello." }] }] };

async function buildScene(options: Partial<GatewayOptions> = {}) {
  const server = await ModelServer.start(script);
  const gateway = await ModelGateway.open({
    baseUrl: server.url,
    key: "sk-real",
    redact: (text) => text,
    admit: async () => undefined,
    onActivity: () => undefined,
    onFaults: () => undefined,
    ...options,
  });
  onTestFinished(async () => {
    await gateway.close();
    await server.close();
  });
  return { server, gateway };
}

const apis = {
  anthropic: { path: "/v1/messages", header: "x-api-key" },
  openai: { path: "/v1/chat/completions", header: "authorization" },
};

interface Asking {
  readonly api?: keyof typeof apis;
  readonly stream?: boolean;
  readonly key?: string;
}

async function ask(gateway: ModelGateway, { api = "anthropic", stream = true, key }: Asking = {}) {
  const { path, header } = apis[api];
  const shown = key ?? gateway.sessionKey;
  const response = await fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { [header]: header === "authorization" ? `Bearer ${shown}` : shown },
    body: JSON.stringify({ model: "m", stream, messages: [{ role: "user", content: "hi" }] }),
  });
  return { status: response.status, text: await response.text().catch(() => "broken off") };
}

test.each([
  { api: "anthropic", stream: true },
  { api: "anthropic", stream: false },
  { api: "openai", stream: true },
  { api: "openai", stream: false },
] as const)("counts what the server counts: $api, streamed: $stream", async (asking) => {
  const { server, gateway } = await buildScene();

  const { text } = await ask(gateway, asking);

  const { inputTokens, outputTokens } = server.stats;
  expect(text).toContain("ok");
  expect(gateway.stats).toMatchObject({ turns: 1, inputTokens, outputTokens, fault: undefined });
  expect(inputTokens).toBeGreaterThan(0);
});

test.each([true, false])(
  "a program that asks for no counts is counted and sees none; one that does sees them: %s",
  async (asks) => {
    const { server, gateway } = await buildScene();
    const options = asks ? { stream_options: { include_usage: true } } : {};
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.sessionKey}` },
      body: JSON.stringify({
        model: "m",
        stream: true,
        messages: [{ role: "user", content: "hi" }],
        ...options,
      }),
    });
    const text = await response.text();

    const { inputTokens, outputTokens } = server.stats;
    expect(gateway.stats).toMatchObject({
      turns: 1,
      inputTokens,
      outputTokens,
      isEstimated: false,
    });
    expect(inputTokens).toBeGreaterThan(0);
    expect(text.includes("usage")).toBe(asks);
    expect(text).toContain("[DONE]");
  },
);

test("who does not know the session's word is sent away, and the key is never shown", async () => {
  const { server, gateway } = await buildScene();

  const stranger = await ask(gateway, { key: "sk-guess" });
  const own = await ask(gateway);

  expect(stranger.status).toBe(401);
  expect(server.requests.map(({ headers }) => headers["x-api-key"])).toEqual(["sk-real"]);
  expect(own.text + stranger.text).not.toContain("sk-real");
});

test("a subscription's token is shown as one, beside what the agent asks for", async () => {
  const login = "sk-ant-oat01-token";
  const { server, gateway } = await buildScene({ key: login });
  server.script = { ...script, key: login };

  await fetch(`${gateway.url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": gateway.sessionKey, "anthropic-beta": "one,two" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
  });

  expect(gateway.stats).toMatchObject({ turns: 1, fault: undefined });
  const [{ headers } = { headers: {} }] = server.requests;
  expect(headers).toMatchObject({
    authorization: `Bearer ${login}`,
    "anthropic-beta": "one,two,oauth-2025-04-20",
  });
  expect(headers).not.toHaveProperty("x-api-key");
});

test("a secret that the agent came upon is taken out of what it asks", async () => {
  const redactor = new Redactor();
  redactor.learn([["FORGE_TOKEN", 'quo"ted-ü']]);
  const { server, gateway } = await buildScene({ redact: redactor.redact });

  await fetch(`${gateway.url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": gateway.sessionKey },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: 'a quo"ted-ü, ü' }] }),
  });

  const asked = { messages: [{ content: "a [FORGE_TOKEN], ü" }] };
  expect(server.requests).toMatchObject([{ body: asked }]);
});

test("a turn beyond the limit is refused and never reaches the server", async () => {
  const { server, gateway } = await buildScene({ admit: async () => "no more turns" });

  const { status, text } = await ask(gateway);

  expect(status).toBe(403);
  expect(text).toContain("no more turns");
  expect(server.requests).toEqual([]);
});

const faults: readonly (readonly [string, Fault])[] = [
  ["refused-key", { type: "status", status: 403 }],
  ["rate-limited", { type: "status", status: 429 }],
  ["overloaded", { type: "status", status: 500 }],
  ["overloaded", { type: "status", status: 529 }],
  ["context", { type: "context" }],
  ["garbled", { type: "status", status: 400, message: "what is this?" }],
  ["garbled", { type: "garbage" }],
  ["garbled", { type: "cut" }],
  ["unreachable", { type: "drop" }],
];

test.each(faults)(
  "a server's failure is classed as %s, until it answers again",
  async (fault, cause) => {
    const { server, gateway } = await buildScene();
    server.fault = cause;

    await ask(gateway);
    const { stats } = gateway;
    server.fault = undefined;
    await ask(gateway);

    expect(stats).toMatchObject({ turns: 0, fault: { fault } });
    expect(gateway.stats).toMatchObject({ turns: 1, fault: undefined });
  },
);

test("an answer that is awaited is seen as awaited, and one that never ends", async () => {
  const { server, gateway } = await buildScene();
  server.hold();
  const asked = ask(gateway);
  await expect.poll(() => gateway.stats.isWaiting).toBe(true);

  server.release();
  await asked;

  expect(gateway.stats.isWaiting).toBe(false);
});

test("three failures one after another end the agent's patience", async () => {
  let ended = 0;
  const { server, gateway } = await buildScene({ onFaults: () => (ended += 1) });
  server.fault = { type: "status", status: 500 };

  await ask(gateway);
  await ask(gateway);
  expect(ended).toBe(0);
  await ask(gateway);

  expect(ended).toBe(1);
});

test("a server that is down is unreachable", async () => {
  const { gateway } = await buildScene({ baseUrl: "http://127.0.0.1:9/v1" });

  const { status } = await ask(gateway);

  expect(status).toBe(502);
  expect(gateway.stats).toMatchObject({ fault: { fault: "unreachable" } });
});

test("the same refusal three times ends a session, whatever succeeded between", async () => {
  let ended = 0;
  const { server, gateway } = await buildScene({ onFaults: () => (ended += 1) });
  const refused: Fault = { type: "status", status: 400, message: "2 tokens exceed the context" };

  for (const fault of [refused, undefined, refused, undefined, refused]) {
    expect(ended).toBe(0);
    server.fault = fault;
    await ask(gateway);
  }

  expect(ended).toBe(1);
});

test("failures count only one after another: an answer between them begins the count anew", async () => {
  let ended = 0;
  const { server, gateway } = await buildScene({ onFaults: () => (ended += 1) });
  const [one, other] = [500, 529].map((status): Fault => ({ type: "status", status }));

  for (const fault of [one, other, undefined, other, one]) {
    server.fault = fault;
    await ask(gateway);
  }

  expect(ended).toBe(0);
});

test("a secret in a request to count tokens is redacted too", async () => {
  const redactor = new Redactor();
  redactor.learn([["FORGE_TOKEN", "a-secret-of-some-length"]]);
  const { gateway } = await buildScene({ redact: redactor.redact });
  const count = async (content: string) => {
    const response = await fetch(`${gateway.url}/v1/messages/count_tokens`, {
      method: "POST",
      headers: { "x-api-key": gateway.sessionKey },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content }] }),
    });
    return ((await response.json()) as { input_tokens: number }).input_tokens;
  };

  const asked = await count("a-secret-of-some-length ".repeat(40));

  expect(asked).toBeGreaterThan(0);
  expect(asked).toBe(await count("[FORGE_TOKEN] ".repeat(40)));
});
