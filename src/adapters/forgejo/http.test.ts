import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as z from "zod";
import type { Clock } from "../../ports/clock.ts";
import { ForgejoHttp } from "./http.ts";

let server: Server | HttpServer | undefined;

afterEach(() => server?.close());

let pauses: number[];

beforeEach(() => {
  pauses = [];
});

/** Time passes only in its pauses. */
const clock: Clock = {
  now: () => new Date(0),
  monotonicMs: () => pauses.reduce((sum, ms) => sum + ms, 0),
  sleep: async (ms) => void pauses.push(ms),
};

async function connect(listening: Server | HttpServer): Promise<ForgejoHttp> {
  server = listening.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return new ForgejoHttp({
    url: `http://127.0.0.1:${port}`,
    proof: { token: "s3cret" },
    signal: undefined,
    clock,
  });
}

function answering(status: number, body: string): HttpServer {
  return createServer((_, response) => response.writeHead(status).end(body));
}

test("an address that closes every connection at once counts as unavailable, not as for ever pending", async () => {
  const http = await connect(createTcpServer((socket) => socket.destroy()));

  await expect(http.send("/version")).rejects.toMatchObject({ code: "forge.unavailable" });
});

test.each([
  [401, "forge.unauthorized"],
  [403, "forge.forbidden"],
  [404, "forge.not-found"],
  [409, "forge.conflict"],
  [422, "forge.invalid"],
  [429, "forge.rate-limited"],
  [502, "forge.unavailable"],
])("a %i is told apart as %s, in the forge's own words", async (status, code) => {
  const http = await connect(answering(status, '{"message":"because","url":"x"}'));

  await expect(http.send("/user")).rejects.toMatchObject({
    code,
    message: `the forge refused GET /user with ${status}: because`,
  });
});

test("an answer that is not Forgejo's is called that, and no token is in the message", async () => {
  const http = await connect(answering(200, "<html>a proxy's page</html>"));

  const failure = await http
    .get("/user", z.object({ login: z.string() }))
    .catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: "forge.not-forgejo" });
  expect(String(failure)).not.toContain("s3cret");
});

test("a list is read to the last page", async () => {
  const pages: unknown[][] = [Array(50).fill(1), Array(50).fill(2), [3]];
  const http = await connect(
    createServer((request, response) => {
      const page = Number(new URL(request.url ?? "", "http://x").searchParams.get("page"));
      response.end(JSON.stringify(pages[page - 1] ?? []));
    }),
  );

  expect(await http.list("/things", z.number())).toHaveLength(101);
});

/** Answers with these statuses in turn, the last one for ever; `asked` counts. */
function answeringInTurn(...statuses: readonly number[]): { server: HttpServer; asked: string[] } {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const status = statuses[Math.min(asked.length, statuses.length - 1)] ?? 500;
    asked.push(request.method ?? "");
    response.writeHead(status).end('{"message":"later","login":"ada"}');
  });
  return { server, asked };
}

test.each([500, 503, 429])(
  "a GET that ends in %i is asked again until it is answered",
  async (status) => {
    const { server: listening, asked } = answeringInTurn(status, status, 200);
    const http = await connect(listening);

    expect(await http.get("/user", z.object({ login: z.string() }))).toEqual({ login: "ada" });

    expect(asked).toHaveLength(3);
    expect(pauses).toHaveLength(2);
    expect(pauses.every((ms, index) => ms >= 125 * 2 ** index && ms <= 375 * 2 ** index)).toBe(
      true,
    );
  },
);

test("a GET is given up after four attempts, with the last reason", async () => {
  const { server: listening, asked } = answeringInTurn(502);
  const http = await connect(listening);

  await expect(http.send("/user")).rejects.toMatchObject({ code: "forge.unavailable" });

  expect(asked).toHaveLength(4);
});

test.each(["POST", "PUT", "PATCH", "DELETE"] as const)(
  "a %s is never repeated: nobody knows whether it was done",
  async (method) => {
    const { server: listening, asked } = answeringInTurn(500, 200);
    const http = await connect(listening);

    await expect(http.send("/user/repos", { method })).rejects.toMatchObject({
      code: "forge.failed",
    });

    expect(asked).toEqual([method]);
  },
);

test.each([401, 403, 404, 409, 422])("a GET that ends in %i is not asked again", async (status) => {
  const { server: listening, asked } = answeringInTurn(status, 200);
  const http = await connect(listening);

  await expect(http.send("/user")).rejects.toThrow("later");

  expect(asked).toHaveLength(1);
});

test("an interruption ends the pause before the next attempt", async () => {
  const { server: listening, asked } = answeringInTurn(500);
  await connect(listening);
  const { port } = listening.address() as AddressInfo;
  const controller = new AbortController();
  const http = new ForgejoHttp({
    url: `http://127.0.0.1:${port}`,
    proof: undefined,
    signal: controller.signal,
    clock: { ...clock, sleep: async () => controller.abort() },
  });

  await expect(http.send("/user")).rejects.toMatchObject({ code: "interrupted" });
  expect(asked).toHaveLength(1);
});

test("half a body is no answer", async () => {
  const http = await connect(
    createServer((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"login":');
      response.socket?.end();
    }),
  );

  await expect(http.send("/user")).rejects.toMatchObject({ code: "forge.unavailable" });
});

test.each([
  ["token does not have at least one of required scope(s): [write:issue]", "the scope write:issue"],
  ["user should be a site admin", "needs an administrator"],
  ["Forbidden", "lacks the role"],
])("a 403 says what is missing: %s", async (message, missing) => {
  const http = await connect(answering(403, JSON.stringify({ message })));

  await expect(http.send("/user")).rejects.toMatchObject({
    hint: expect.stringContaining(missing),
  });
});

test("an answer that does not come is given up at the limit of an attempt", async () => {
  const silent = createServer(() => undefined);
  await connect(silent);
  const { port } = silent.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const http = new ForgejoHttp({
    url,
    proof: undefined,
    signal: undefined,
    readLimitMs: 20,
    clock,
  });

  await expect(http.send("/user")).rejects.toMatchObject({
    code: "forge.unavailable",
    message: `no answer from the forge at ${url}: no complete answer within 0.02 s`,
  });
  silent.closeAllConnections();
});
