/** Woodpecker's registration, at the real embedded forge. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  adminPassword,
  startTestForge,
  type TestForge,
} from "../../test/forge-contract/test-forge.ts";
import { makeFactory } from "../../test/support/factories.ts";
import { buildForgeAdmin } from "../adapters/forgejo/forge-admin.ts";
import { loadEnvironment } from "../config/load.ts";
import { openSecrets, type SecretStore } from "../config/secret-store.ts";
import { deriveIdentities } from "../core/identities.ts";
import { applyIdentities } from "./identities.ts";

const admin = { login: "root", password: adminPassword };
const keys = ["WP_FORGEJO_CLIENT", "WP_FORGEJO_SECRET", "WOODPECKER_AGENT_SECRET"];

let server: TestForge;
let folder: string;

beforeAll(async () => {
  server = await startTestForge();
});

afterAll(() => server.close());

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "disinto-oauth-"));
  return () => rm(folder, { recursive: true });
});

function forge() {
  return buildForgeAdmin({ url: server.url, admin });
}

const named =
  "FORGE_ADMIN_USER=root\nFORGE_URL=http://box.lan:3000\nWOODPECKER_HOST=http://box.lan:8000\n";

async function apply(env: string, secrets?: SecretStore): Promise<readonly string[]> {
  const project = 'repo = "root/shop"\n[ci]\nprovider = "woodpecker"\n';
  const desired = deriveIdentities(makeFactory(`${named}${env}`, { shop: project }));
  const store = secrets ?? openSecrets(folder, await loadEnvironment(folder), () => undefined);
  const newSecret = () => crypto.randomUUID();
  const tools = { forge: forge(), secrets: store, newSecret, fill: undefined, say: () => {} };
  const steps = await applyIdentities(tools, desired, { dryRun: false });
  return steps.map(({ action }) => action.kind);
}

function registered(name: string) {
  return forge()
    .applications.list()
    .then((all) => all.filter((one) => one.name === `${name}-woodpecker`));
}

test("Woodpecker gets an application and an agent's secret, once; what works is kept", async () => {
  const first = await apply("DISINTO_NAME=one\n");
  const kept = await loadEnvironment(folder);
  const second = await apply("DISINTO_NAME=one\n");

  expect(first.slice(-2)).toEqual(["register-application", "make-agent-secret"]);
  expect(second).toEqual([]);
  expect(keys.filter((key) => kept.get(key))).toEqual(keys);
  expect(await loadEnvironment(folder)).toEqual(kept);
  expect(await registered("one")).toMatchObject([
    { clientId: kept.get("WP_FORGEJO_CLIENT"), redirectUris: ["http://box.lan:8000/authorize"] },
  ]);
});

test("Woodpecker at another address is registered anew there, under the same client", async () => {
  await apply("DISINTO_NAME=two\n");
  const before = await loadEnvironment(folder);

  const steps = await apply("DISINTO_NAME=two\nWOODPECKER_HOST=https://ci.example.org\n");

  expect(steps).toEqual(["register-application"]);
  const after = await loadEnvironment(folder);
  expect(after.get("WP_FORGEJO_CLIENT")).toBe(before.get("WP_FORGEJO_CLIENT"));
  expect(after.get("WOODPECKER_AGENT_SECRET")).toBe(before.get("WOODPECKER_AGENT_SECRET"));
  expect(await registered("two")).toMatchObject([
    { redirectUris: ["https://ci.example.org/authorize"] },
  ]);
});

test("a run that was killed before it kept the secret leaves no second application", async () => {
  const dying: SecretStore = {
    get: () => undefined,
    set: async (values) => {
      if ("WP_FORGEJO_SECRET" in values) throw new Error("killed");
    },
  };
  await expect(apply("DISINTO_NAME=three\n", dying)).rejects.toThrow("killed");

  await apply("DISINTO_NAME=three\n");

  expect(await registered("three")).toHaveLength(1);
  expect((await loadEnvironment(folder)).get("WP_FORGEJO_SECRET")).toMatch(/^gto_/);
});

test("no project with our Woodpecker, no application", async () => {
  const desired = deriveIdentities(makeFactory("", { shop: 'repo = "root/shop"\n' }));

  expect(desired.application).toBeUndefined();
});
