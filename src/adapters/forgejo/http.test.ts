import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import * as z from "zod";
import { ForgejoHttp } from "./http.ts";

let server: Server | HttpServer | undefined;

afterEach(() => server?.close());

async function connect(listening: Server | HttpServer): Promise<ForgejoHttp> {
  server = listening.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return new ForgejoHttp({
    url: `http://127.0.0.1:${port}`,
    proof: { token: "s3cret" },
    signal: undefined,
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
