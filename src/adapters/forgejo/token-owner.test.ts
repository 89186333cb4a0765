/** Statuses as Forgejo 15.0.3 answers a token that is limited to repositories. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { buildForge } from "./forge.ts";

let server: Server | undefined;
afterEach(() => server?.close());

const repo = { owner: "root", name: "factory" };
const own = "/api/v1/repos/root/factory/collaborators/ada/permission";
const owners = "/api/v1/repos/root/factory/collaborators/root/permission";

async function ask(statuses: Readonly<Record<string, number>>, login = "ada"): Promise<string> {
  server = createServer(({ url = "" }, response) => {
    response.writeHead(statuses[url] ?? 403, { "content-type": "application/json" });
    response.end(JSON.stringify({ message: "no", login: "root", permission: "write" }));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const forge = buildForge({ url: `http://127.0.0.1:${port}`, token: "t" });
  return forge.whoami({ login, repo });
}

test("a limited token is the user's who is told the own permission and not the owner's", async () => {
  expect(await ask({ [own]: 200 })).toBe("ada");
});

test("another user's limited token proves nothing", async () => {
  await expect(ask({})).rejects.toMatchObject({ code: "credentials.wrong" });
});

test("a token of an administrator, who is told everybody's permission, proves nothing", async () => {
  await expect(ask({ [own]: 200, [owners]: 200 })).rejects.toMatchObject({
    code: "credentials.wrong",
  });
});

test("a token for another repository proves nothing", async () => {
  await expect(ask({ [own]: 404 })).rejects.toMatchObject({ code: "credentials.wrong" });
});

test("the owner of the repository is not proven by being told the owner's permission", async () => {
  await expect(ask({ [owners]: 200 }, "root")).rejects.toMatchObject({ code: "credentials.wrong" });
});

test("a token that may ask for its user is believed by that answer alone", async () => {
  expect(await ask({ "/api/v1/user": 200 })).toBe("root");
});
