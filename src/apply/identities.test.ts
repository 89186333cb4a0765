/**
 * Every port call is a place to die; the forge is the real embedded one, with names of its own for each death.
 * A quarter of the places in each run, all of them with DISINTO_SOAK=1.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { buildForgeAdmin } from "../adapters/forgejo/forge-admin.ts";
import { loadEnvironment } from "../config/load.ts";
import { openSecrets, type SecretStore } from "../config/secret-store.ts";
import { type DesiredIdentities, deriveIdentities } from "../core/identities.ts";
import { startForge } from "../forge/serve.ts";
import { createAccount } from "../forge/users/admin.ts";
import type { ForgeAdmin } from "../ports/forge-admin.ts";
import { applyIdentities } from "./identities.ts";

const admin = { login: "root", password: "correct horse battery" };

let root: string;
let forge: Awaited<ReturnType<typeof startForge>>;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-deaths-"));
  const folder = path.join(root, "forge");
  forge = await startForge({ folder, host: "127.0.0.1", port: 0 });
  const account = { username: admin.login, email: "root@x.invalid", admin: true };
  await createAccount(folder, { ...account, password: admin.password });
});

afterAll(async () => {
  await forge.close();
  await rm(root, { recursive: true });
});

interface World {
  readonly folder: string;
  readonly desired: DesiredIdentities;
  /** Set in all its names, so that worlds can be compared. */
  readonly mark: string;
}

async function makeWorld(): Promise<World> {
  const mark = `w${++count}`;
  const folder = path.join(root, mark);
  const env = `DISINTO_NAME=${mark}\nFORGE_ADMIN_USER=root\nLLAMA_BASE_URL=http://m:1\nLLAMA_BOTS=${mark}-ada\n`;
  const shop = `repo = "root/${mark}-shop"\n[ci]\nprovider = "external"\n`;
  const desired = deriveIdentities(makeFactory(env, { shop }));
  await mkdir(folder);
  await writeFile(path.join(folder, ".env"), env);
  return { folder, desired, mark };
}

class Killed extends Error {}

/** Dies before or after the n-th call, and is dead from then on. */
function dying(calls: { made: number }, at: number, when: "before" | "after"): Wrap {
  let dead = false;
  const die = (now: boolean): void => {
    dead ||= now;
    if (dead) throw new Killed();
  };
  const call = async (act: () => Promise<unknown>): Promise<unknown> => {
    die(false);
    const isLast = ++calls.made === at;
    die(isLast && when === "before");
    const answer = await act();
    die(isLast);
    return answer;
  };
  return (port) =>
    new Proxy(port, {
      get: (target, key) => {
        const method: unknown = Reflect.get(target, key);
        if (typeof method !== "function") return method;
        return (...args: unknown[]) => call(() => method.apply(target, args));
      },
    });
}

type Wrap = <T extends object>(port: T) => T;

async function apply({ folder, desired }: World, wrap: Wrap = (port) => port): Promise<void> {
  const real = buildForgeAdmin({ url: forge.url, admin });
  const wrapped: ForgeAdmin = {
    ...real,
    users: wrap(real.users),
    tokens: wrap(real.tokens),
    credentials: wrap(real.credentials),
    repositories: wrap(real.repositories),
    labels: wrap(real.labels),
  };
  const store = openSecrets(folder, await loadEnvironment(folder), () => {});
  const secrets: SecretStore = { get: store.get, ...wrap({ set: store.set }) };
  const newSecret = () => crypto.randomUUID();
  const tools = { forge: wrapped, secrets, newSecret, fill: undefined, say: () => {} };
  await applyIdentities(tools, desired, { dryRun: false });
}

/** The end state, the world's own mark taken out of it. */
async function look({ folder, desired, mark }: World): Promise<string> {
  const { users, tokens, repositories, labels } = buildForgeAdmin({ url: forge.url, admin });
  const environment = await loadEnvironment(folder);
  const seen = {
    keys: [...environment.keys()],
    users: await Promise.all(
      desired.users.map(async ({ login, keys, limited }) => ({
        user: await users.find(login),
        tokens: (await tokens.list(login)).map(({ name }) => name),
        byToken: await users.loginOf(
          { token: environment.get(keys.token) ?? "" },
          limited && { login, repo: limited.repositories[0] },
        ),
        byPassword: await users.loginOf({ login, password: environment.get(keys.password) ?? "" }),
      })),
    ),
    repositories: await Promise.all(
      desired.repositories.map(async ({ repo, writers, primaryBranch }) => ({
        found: await repositories.find(repo),
        access: await Promise.all(writers.map((login) => repositories.access(repo, login))),
        labels: (await labels.list(repo)).map(({ name }) => name),
        protection: await repositories.protection(repo, primaryBranch),
      })),
    ),
  };
  const id = environment.get("DISINTO_FACTORY_ID") ?? "";
  return JSON.stringify(seen).replaceAll(id, "id").replaceAll(new RegExp(mark, "gi"), "w");
}

test("a run that is killed before or after any call is completed by the next one, to the same end", async () => {
  const undisturbed = await makeWorld();
  const calls = { made: 0 };
  await apply(undisturbed, dying(calls, -1, "before"));
  const expected = await look(undisturbed);
  const ends: string[] = [];

  const every = process.env.DISINTO_SOAK === "1" ? 1 : 4;
  const seed = Number(process.env.DISINTO_SEED ?? Date.now());
  const deaths = Array.from({ length: calls.made }, (_, index) => index + 1)
    .flatMap((at) => (["before", "after"] as const).map((when) => ({ at, when })))
    .filter((_, index) => (index + seed) % every === 0);
  for (const { at, when } of deaths) {
    const world = await makeWorld();
    await expect(apply(world, dying({ made: 0 }, at, when))).rejects.toThrow(Killed);
    await apply(world);
    ends.push(`${when} call ${at}: ${await look(world)}`);
  }

  console.info(`${deaths.length} deaths at ${calls.made} calls; DISINTO_SEED=${seed}`);
  expect(calls.made).toBeGreaterThan(25);
  expect(ends.filter((end) => !end.endsWith(`: ${expected}`))).toEqual([]);
}, 300_000);
