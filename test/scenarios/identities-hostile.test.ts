/**
 * A network on a bad day, before `init` has done anything and in the middle of it: a clear error, exit 1, nothing
 * half-written, and the same command completes it when the day is better. All of them at once: they mostly wait.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { setEnvironment } from "../../src/config/env-file.ts";
import { loadFactory } from "../../src/config/load.ts";
import { adminPassword, startTestForge, type TestForge } from "../forge-contract/test-forge.ts";
import { buildCli, type Ended, runCli } from "../support/cli.ts";
import { createExternalFactory } from "../support/external-factory.ts";
import { FaultyProxy, type NetworkFault, networkFaults } from "../support/faulty-proxy.ts";

let root: string;
let forge: TestForge;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-hostile-"));
  forge = await startTestForge();
  await cp(path.join(import.meta.dirname, "../support/greeter"), path.join(root, "shop"), {
    recursive: true,
  });
  await repositories.init(path.join(root, "shop"));
  await buildCli();
});

afterAll(async () => {
  await forge.close();
  await rm(root, { recursive: true });
});

/** A factory with names of its own on the one forge, which it reaches at this address. */
async function layOut(url: string, password = adminPassword): Promise<string> {
  const mark = `h${++count}z`;
  const { folder } = await createExternalFactory({ root, mark, url, password });
  await cp(path.join(root, "shop"), path.join(folder, `${mark}-shop`), { recursive: true });
  return folder;
}

function init(folder: string): Promise<Ended> {
  return runCli(folder, ["init", path.join(folder, `${path.basename(folder)}-shop`), "--yes"]);
}

async function expectClearFailure({ exitCode, stderr }: Ended, words: RegExp): Promise<void> {
  expect(exitCode, stderr).toBe(1);
  expect(stderr).toMatch(words);
  expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^ {2}hint: /);
}

async function expectNothingHalfWritten(folder: string): Promise<void> {
  const { factory } = await loadFactory(folder, "0.1.0");
  expect(factory.bots).toHaveLength(2);
  expect(await readFile(path.join(folder, ".env"), "utf8")).toMatch(/^(\w+=.*\n)+$/);
  const files = await readdir(folder, { recursive: true });
  expect(files.filter((file) => file.includes("disinto-new"))).toEqual([]);
}

async function expectCompletion(folder: string): Promise<void> {
  const completed = await init(folder);
  expect(completed.exitCode, completed.stderr).toBe(0);
  expect(completed.stderr).toMatch(/changes applied and read back|nothing to do/);
}

const words: Readonly<Record<NetworkFault, RegExp>> = {
  down: /no answer from the forge at http:\S+/,
  slow: /no complete answer within 8 s|it is too slow/,
  "500": /with 500: not today/,
  "429": /with 429: not today/,
  html: /is not Forgejo's/,
  "half a body": /no answer from the forge at http:\S+/,
};

/** Halfway it may be git that meets it. */
const git = /the push to http:\S+ failed/;

function either(one: RegExp, other: RegExp): RegExp {
  return new RegExp(`${one.source}|${other.source}`);
}

async function meet(evil: NetworkFault, after: number): Promise<Met> {
  const proxy = await FaultyProxy.start(forge.url);
  const folder = await layOut(proxy.url);
  proxy.fail(evil, after);

  const failed = await init(folder);

  await expectClearFailure(failed, after === 0 ? words[evil] : either(words[evil], git));
  await expectNothingHalfWritten(folder);
  proxy.fail(undefined);
  return { folder, proxy };
}

interface Met {
  readonly folder: string;
  readonly proxy: FaultyProxy;
}

test("a forge that is down, slow, or answers nonsense is a clear error, and the next run completes", async () => {
  const meetings = await Promise.all(
    networkFaults.flatMap((evil) => [meet(evil, 0), meet(evil, 17)]),
  );

  for (const { folder, proxy } of meetings) {
    await expectCompletion(folder);
    proxy.close();
  }
}, 400_000);

test("a name that nobody knows is said at once", async () => {
  const folder = await layOut("http://forge.invalid:3000");

  await expectClearFailure(
    await init(folder),
    /no answer from the forge at http:\/\/forge\.invalid/,
  );

  await setEnvironment(folder, { FORGE_URL: forge.url });
  await expectCompletion(folder);
});

test.skipIf(!existsSync("/usr/bin/openssl"))(
  "a certificate that nobody trusts is said, and not accepted",
  async () => {
    const [key, cert] = [path.join(root, "key.pem"), path.join(root, "cert.pem")];
    const subject = ["-subj", "/CN=127.0.0.1", "-days", "1", "-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject], {
      stdio: "ignore",
    });
    const options = { key: await readFile(key), cert: await readFile(cert) };
    let asked = 0;
    const server = createServer(options, (_, answer) => {
      asked += 1;
      answer.end('{"version":"11.0.0"}');
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const folder = await layOut(`https://127.0.0.1:${port}`);

    const failed = await init(folder);

    await expectClearFailure(failed, /self.signed certificate/);
    expect(failed.stderr).toContain("NODE_EXTRA_CA_CERTS");
    expect(asked).toBe(0);
    server.close();
    await setEnvironment(folder, { FORGE_URL: forge.url });
    await expectCompletion(folder);
  },
);

test("a wrong password of the administrator is said without it, and changes nothing", async () => {
  const folder = await layOut(forge.url, "not the password");
  const before = await readFile(path.join(folder, ".env"), "utf8");

  const failed = await init(folder);

  await expectClearFailure(failed, /does not accept root with FORGE_ADMIN_PASS/);
  expect(failed.stderr).not.toContain("not the password");
  expect(await readFile(path.join(folder, ".env"), "utf8")).toBe(before);
  await setEnvironment(folder, { FORGE_ADMIN_PASS: adminPassword });
  await expectCompletion(folder);
});

test("without the administrator's password a forge elsewhere is a matter of configuration", async () => {
  const folder = await layOut(forge.url, "");

  const { exitCode, stderr } = await init(folder);

  expect(exitCode).toBe(2);
  expect(stderr).toContain("disinto secrets set FORGE_ADMIN_PASS");
});
