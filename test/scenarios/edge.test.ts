/** The edge's file in the real Caddy: each form is valid, and what passes through is whole. DISINTO_TEST_PUSH_MB: how large a push. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../src/adapters/process.ts";
import { findFreePort } from "../../src/apply/free-port.ts";
import { renderCaddyfile } from "../../src/core/caddyfile.ts";
import { startForge } from "../../src/forge/serve.ts";
import { createAccount } from "../../src/forge/users/admin.ts";
import { ask, echo, push, readEvents, streamEvents } from "../support/edge-client.ts";
import { makeFactory } from "../support/factories.ts";
import { until } from "../support/test-factory.ts";

const program = "/usr/bin/caddy";
const bytes = Number(process.env.DISINTO_TEST_PUSH_MB ?? "8") * 1_000_000;
const base = "LLAMA_BASE_URL=http://m:1\nLLAMA_BOTS=a\n";
const named = "WOODPECKER_HOST=http://box.lan:8000\nFORGE_URL=http://box.lan:3000\n";
const ours = { env: `${base}DISINTO_FORGE=forgejo\n${named}`, ci: "woodpecker" };
const elsewhere = { env: `${base}DISINTO_FORGE=external\nFORGE_URL=https://h/git\n`, ci: "local" };

function render({ env, ci }: typeof ours, edge: string): string {
  const shop = `repo = "acme/shop"\nci.provider = "${ci}"\n`;
  return renderCaddyfile(makeFactory(env + edge, { shop })) ?? "";
}

const ports = ["HTTP_PORT=80", "HTTPS_PORT=443", "HTTP_PORT=8080\nDISINTO_HTTPS_PORT=8443"];
const domains = ["", "DISINTO_DOMAIN=example.org\n"];
const authorities = ["", "DISINTO_EDGE_CA=internal\n", "DISINTO_EDGE_CA=https://ca.lan/dir\n"];
const forms = ports.flatMap((port) =>
  domains.flatMap((domain) => authorities.map((ca) => `DISINTO_${port}\n${domain}${ca}`)),
);

const missing = existsSync(program) ? undefined : "no Caddy is installed";

describe.skipIf(missing !== undefined)("the real Caddy", () => {
  let root: string;
  let forge: Awaited<ReturnType<typeof startForge>>;
  let seen: Server;

  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), "disinto-edge-"));
    const folder = path.join(root, "forge");
    const owner = {
      username: "ada",
      email: "ada@x.invalid",
      admin: true,
      password: "correct horse",
    };
    await createAccount(folder, owner);
    forge = await startForge({ folder, host: "127.0.0.1", port: 0 });
    seen = createServer(streamEvents).on("upgrade", (_, socket) => {
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      );
      socket.pipe(socket);
    });
    seen.listen(0, "127.0.0.1");
    await once(seen, "listening");
  });

  afterAll(async () => {
    seen?.closeAllConnections();
    seen?.close();
    await forge?.close();
    await rm(root, { recursive: true, force: true });
  });

  test("takes each form of the file", { timeout: 60_000 }, async () => {
    for (const factory of [ours, elsewhere])
      for (const form of forms) {
        const text = render(factory, form);
        const argv = [program, "validate", "--adapter", "caddyfile", "--config", "-"] as const;

        const { exitCode, stderr } = await run(argv, { input: text, env: home() });

        expect(exitCode, `${form}${text}${stderr}`).toBe(0);
      }
  });

  const home = () => ({ PATH: process.env.PATH ?? "", HOME: root, XDG_DATA_HOME: root });

  /** With our own servers behind it. */
  async function open(edge: string): Promise<ChildProcess> {
    const at = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const admin = `127.0.0.1:${await findFreePort(20_190)}`;
    const text = render(ours, edge)
      .replace("{\n", `{\n\tadmin ${admin}\n`)
      .replaceAll("forgejo:3000", new URL(forge.url).host)
      .replaceAll(/woodpecker:8000|dashboard:3080/g, at(seen));
    const file = path.join(root, "Caddyfile");
    await writeFile(file, text);
    const env = home();
    const argv = ["run", "--adapter", "caddyfile", "--config", file];
    const caddy = spawn(program, argv, { env, stdio: "ignore" });
    const isUp = () =>
      fetch(`http://${admin}/config/`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until("Caddy listens", isUp);
    return caddy;
  }

  test.each([
    ["HTTP alone", ["HTTP"], ""],
    ["HTTPS alone, without a domain", ["HTTPS"], ""],
    ["HTTPS alone, with one", ["HTTPS"], "DISINTO_DOMAIN=example.org\nDISINTO_EDGE_CA=internal\n"],
    [
      "both, on other ports",
      ["HTTP", "HTTPS"],
      "DISINTO_DOMAIN=example.org\nDISINTO_EDGE_CA=internal\n",
    ],
  ])(
    "carries pushes, events and upgraded connections: %s",
    { timeout: 60_000 + bytes / 1_000 },
    async (_, protocols, more) => {
      const port = { HTTP: await findFreePort(20_800), HTTPS: await findFreePort(20_900) };
      const lines = protocols.map((one) => `DISINTO_${one}_PORT=${port[one as "HTTP"]}\n`);
      const caddy = await open(`${lines.join("")}${more}`);
      try {
        const isSecure = protocols.includes("HTTPS");
        const domain = more.includes("DOMAIN");
        const place = { isSecure, port: isSecure ? port.HTTPS : port.HTTP, root };
        const forgeHost = domain ? "forge.example.org" : "box.lan";

        const pushed = await push({ ...place, host: forgeHost, forge: forge.url, bytes });
        expect(pushed).toMatchObject({ exitCode: 0, isThere: true });
        if (domain) {
          const ci = { ...place, host: "ci.example.org" };
          expect(await readEvents(ci)).toEqual(["data: 1\n\n", "data: 2\n\n"]);
          expect(await echo(ci)).toBe("both ways");
        }
        if (protocols.length === 2) {
          const http = { ...place, isSecure: false, port: port.HTTP, host: forgeHost };
          const plain = await ask(http, "/a?b");
          expect(plain.statusCode).toBe(308);
          expect(plain.headers.location).toBe(`https://forge.example.org:${port.HTTPS}/a?b`);
        }
      } finally {
        caddy.kill();
        await once(caddy, "exit");
      }
    },
  );
});
