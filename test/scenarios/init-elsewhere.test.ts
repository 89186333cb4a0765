/** `init` on a forge that one has already: who may, and what is kept of those who may not. */
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { AccountWorld, person } from "../support/account-world.ts";
import { runCli } from "../support/cli.ts";

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
}

async function init({ admin, password, url = world.forge.url }: Attempt) {
  const folder = path.join(root, `factory-${++count}`);
  await mkdir(folder);
  const flags = ["--engine", "local", "--forge-url", url, "--admin", admin, "--yes"];
  const env = { FORGE_ADMIN_PASS: password, DISINTO_NAME: `e${process.pid}x${count}` };
  const ended = await runCli(folder, ["init", shop, ...flags], { env });
  return { ...ended, left: await readdir(folder) };
}

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

test("who is no administrator of the forge is told what init cannot do, and whom to ask", async () => {
  const sam = `sam${process.pid}`;
  await world.addPerson(sam);

  const { exitCode, stderr, left } = await init({ admin: sam, password: person(sam).password });

  expect(exitCode).toBe(1);
  expect(stderr).toContain(`${sam} is no administrator of ${world.forge.url}`);
  expect(stderr).toMatch(/make the accounts dev-qwen, e\d+x\d+-reviewer, e\d+x\d+-local-ci/);
  expect(stderr).toContain("hint: ask the forge's administrator");
  expect(left).toEqual([]);
});
