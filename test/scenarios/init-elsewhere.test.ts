/** `init` on a forge that one has already: who may, and what is kept of those who may not. */
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { setEnvironment } from "../../src/config/env-file.ts";
import { readSecrets } from "../../src/config/secret-keys.ts";
import { AccountWorld, keyOf, person } from "../support/account-world.ts";
import { runCli } from "../support/cli.ts";
import { closeForge } from "../support/closed-forge.ts";

let world: AccountWorld;
let root: string;
let shop: string;
let count = 0;

beforeAll(async () => {
  world = await AccountWorld.open();
  root = await mkdtemp(path.join(tmpdir(), "disinto-elsewhere-"));
  shop = path.join(root, "shop");
  await cp(path.join(import.meta.dirname, "../support/greeter"), shop, { recursive: true });
  await repositories.init(shop);
});

afterAll(async () => {
  await world?.end();
  await rm(root, { recursive: true, force: true });
});

interface Attempt {
  readonly admin: string;
  readonly password: string;
  readonly url?: string;
  readonly bots?: string;
}

async function init({ admin, password, url = world.forge.url, bots }: Attempt) {
  const folder = path.join(root, `factory-${++count}`);
  await mkdir(folder);
  const flags = ["--engine", "local", "--forge-url", url, "--admin", admin, "--yes"];
  if (bots) flags.push("--bots", bots);
  const env = { FORGE_ADMIN_PASS: password, DISINTO_NAME: `e${process.pid}x${count}` };
  const ended = await runCli(folder, ["init", shop, ...flags], { env });
  return { ...ended, folder, env, left: await readdir(folder) };
}

type Made = Pick<Awaited<ReturnType<typeof init>>, "folder" | "env">;

const again = ({ folder, env }: Made, ...flags: readonly string[]) =>
  runCli(folder, ["init", shop, ...flags], { env });

test("a wrong password is refused and not kept", async () => {
  const { exitCode, stderr, left } = await init({ admin: "root", password: "not this one" });

  expect(exitCode).toBe(1);
  expect(stderr).toContain("the forge does not accept root with FORGE_ADMIN_PASS");
  expect(left).toEqual([]);
});

test("a password that cannot be tried, since no forge answers, is not kept", async () => {
  const attempt = { admin: "root", password: "unknown word", url: "http://no-such-host.invalid" };

  const { exitCode, left } = await init(attempt);

  expect(exitCode).toBe(1);
  expect(left).toEqual([]);
});

test("who only owns the repository is told what to ask for, and goes on with the accounts that were made", async () => {
  const sam = `sam${process.pid}`;
  await world.addPerson(sam);

  const told = await init({ admin: sam, password: person(sam).password });
  await makeAsTold(told);
  const gone = await again(told);
  const after = await readSecrets(told.folder);
  const password = after.get("FORGE_PASS_DEV_QWEN") ?? "";
  const as = { login: "dev-qwen", password };
  const { body: tokens } = await world.forge.call("GET", "/users/dev-qwen/tokens", { as });
  const bots = await runCli(told.folder, ["agents", "--json"], { env: told.env });

  expect(told.exitCode).toBe(2);
  expect(told.stderr).toContain(`${sam} is no administrator of ${world.forge.url}`);
  expect(told.stderr).toContain(`${world.forge.url}/api/v1/admin/users -H @admin-token`);
  expect(told.stderr).toContain("- dev-qwen does not exist (LLAMA_BOTS");
  expect(gone.stderr).toContain("+ protection of main in");
  expect(gone.exitCode).toBe(0);
  expect(after.get("FORGE_TOKEN_DEV_QWEN")).toMatch(/^[0-9a-f]{40}$/);
  expect(tokens).toMatchObject([{ scopes: ["write:issue", "write:repository", "read:user"] }]);
  expect((await again(told)).stderr).toContain("nothing to do");
  expect(JSON.parse(bots.stdout).agents).toContainEqual(
    expect.objectContaining({ name: "dev-qwen", credentials: "valid" }),
  );

  const ci = `${told.env.DISINTO_NAME}-local-ci`;
  const asCi = { login: ci, password: after.get("FORGE_PASS_CI") ?? "" };
  await world.forge.call("DELETE", `/users/${ci}/tokens/disinto-1`, { as: asCi });
  const { stdout } = await runCli(told.folder, ["status"], { env: told.env });
  expect(stdout).toContain(`! the forge refuses the token of ${ci}`);
});

test("an account that is there already is used by its token alone, and nothing of it is changed", async () => {
  const [sam, ada] = [`sue${process.pid}`, `ada${process.pid}`];
  await world.addPerson(sam);
  await world.addPerson(ada);
  const told = await init({ admin: sam, password: person(sam).password, bots: ada });
  await makeAsTold(told);

  const asked = await again(told);
  await setEnvironment(told.folder, { [keyOf("TOKEN", ada)]: await world.makeToken(ada, "mine") });
  const gone = await again(told);

  expect(asked.stderr).toContain(`- ${ada} exists: .env needs its token in`);
  expect(gone.exitCode).toBe(0);
  expect(await world.markOf(ada)).toBe("");
  expect((await readSecrets(told.folder)).has(keyOf("PASS", ada))).toBe(false);
});

test("a forge under a path that answers nobody who is not signed in, and an owner who comes later", async () => {
  const closed = await closeForge(world.forge.url);
  const root = { admin: "root", url: closed.url, bots: `eve${process.pid}` };
  try {
    const wrong = await init({ ...root, password: "not this one" });
    const gone = await init({ ...root, password: world.forge.password });
    const second = await again(gone);
    const owner = `pat${process.pid}`;
    const owned = await again(gone, "--owner", owner);
    const other = await again(gone, "--owner", "somebody-else");

    expect(wrong.stderr).toContain("the forge does not accept root with FORGE_ADMIN_PASS");
    expect(wrong.left).toEqual([]);
    expect(gone.stderr).toContain("+ content of root/shop");
    expect(gone.exitCode).toBe(0);
    expect(second.stderr).toContain("nothing to do");
    expect(owned.stderr).toContain(`+ user ${owner}   owns the factory`);
    expect(owned.stderr).toContain(`+ write access of ${owner} to root/shop`);
    expect((await readSecrets(gone.folder)).get("FORGE_OWNER_TOKEN")).toMatch(/^[0-9a-f]{40}$/);
    expect(other.stderr).toContain(`DISINTO_OWNER is ${owner} in .env, not somebody-else`);
  } finally {
    closed.close();
  }
});

/** As the forge's administrator does by the commands that were printed. */
async function makeAsTold({ folder, stderr }: { folder: string; stderr: string }): Promise<void> {
  const secrets = await readSecrets(folder);
  const commands = stderr.matchAll(/secrets get (\S+) \| jq -R '(\{.*\}) \+ \{password: \.\}' \|/g);
  for (const [, key = "", account = ""] of commands) {
    const body = { ...JSON.parse(account), password: secrets.get(key) };
    expect((await world.forge.call("POST", "/admin/users", { body })).status).toBe(201);
  }
}
