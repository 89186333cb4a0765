/** The local CI's process where the forge is outside, and reached by the proxy alone. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { formatProjects } from "../../src/core/project-task.ts";
import { startTestForge } from "../forge-contract/test-forge.ts";
import { startCli } from "../support/cli.ts";
import { makeFactory } from "../support/factories.ts";
import { until } from "../support/test-factory.ts";

let proxy: Server | undefined;
afterEach(() => proxy?.closeAllConnections());

/** Carries every tunnel to one port, whatever it is asked for. */
async function serveProxy(port: number, asked: string[]): Promise<number> {
  proxy = createServer().on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const forge = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      forge.pipe(socket).pipe(forge);
    });
    for (const end of [forge, socket]) end.on("error", () => forge.destroy());
  });
  await new Promise<void>((resolve) => proxy?.listen(0, "127.0.0.1", resolve));
  return (proxy.address() as AddressInfo).port;
}

test("the CI finds a forge that only the proxy reaches", async () => {
  const forge = await startTestForge();
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-ci-"));
  const asked: string[] = [];
  const port = await serveProxy(Number(new URL(forge.url).port), asked);
  const { token } = await forge.user("ci");
  const { projects } = makeFactory("", { shop: 'repo = "root/shop"\n' });
  await forge.admin("POST", "/user/repos", { name: "shop", auto_init: true });
  const environment = {
    CI_DATA: path.join(folder, "data"),
    CI_PROJECTS: formatProjects(projects),
    EGRESS_PROXY: `http://127.0.0.1:${port}`,
    FORGE_TOKEN: token,
    FORGE_URL: "http://git.example.invalid:3066",
  };
  const ci = await startCli(folder, ["ci", "serve"], environment);
  try {
    await until("it asks by the proxy", async () => asked.length > 0);
    expect(new Set(asked)).toEqual(new Set(["git.example.invalid:3066"]));
  } finally {
    ci.kill("SIGTERM");
    if (ci.exitCode === null) await once(ci, "exit");
    await forge.close();
    proxy?.close();
    await rm(folder, { recursive: true, force: true });
  }
});
