import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { setEnvironment } from "../../src/config/env-file.ts";
import { dumpFiles, dumpForge, type ForgeDump } from "../support/forge-dump.ts";
import { localCoder, localReviewer, repo, TestFactory } from "../support/test-factory.ts";

/** One for most tests: each leaves it repaired. */
let factory: TestFactory;

beforeAll(async () => {
  factory = await createFactory();
  await factory.disintoOrThrow("init", factory.repository);
});

afterAll(() => factory?.end());

function createFactory(): Promise<TestFactory> {
  return TestFactory.create({
    env: { DISINTO_ENGINE: "local" },
    coder: localCoder,
    reviewer: localReviewer,
    devBots: ["dev-a", "dev-b"],
  });
}

/** Straight to the forge, as its administrator. */
async function act(method: string, route: string, body?: object): Promise<void> {
  const password = (await factory.environment()).get("FORGE_ADMIN_PASS");
  const basic = Buffer.from(`${repo.owner}:${password}`).toString("base64");
  const answer = await fetch(`${factory.forgeUrl}/api/v1${route}`, {
    method,
    headers: { authorization: `Basic ${basic}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
}

const project = `/repos/${repo.owner}/${repo.name}`;

/** Everything but what the damage was done to, by key: a repaired thing may have a new number. */
function ignore(dump: ForgeDump, ...tables: readonly string[]): object {
  const kept = Object.entries(dump.tables).filter(([name]) => !tables.includes(name));
  return Object.fromEntries(kept);
}

async function plan(): Promise<readonly object[]> {
  const { identities } = JSON.parse(await factory.disintoOrThrow("plan", "--json")) as {
    identities: readonly object[];
  };
  return identities;
}

test.each([
  [
    "a weakened branch protection",
    () =>
      act("PATCH", `${project}/branch_protections/main`, {
        required_approvals: 0,
        enable_merge_whitelist: false,
      }),
    /^\+ protection of main in .*rules differ$/,
  ],
  [
    "a file pattern that anybody may push",
    () => act("PATCH", `${project}/branch_protections/main`, { unprotected_file_patterns: "*.md" }),
    /^\+ protection of main in .*rules differ$/,
  ],
  [
    "a removed collaborator",
    () => act("DELETE", `${project}/collaborators/dev-a`),
    /^\+ write access of dev-a to .*no write access$/,
  ],
  [
    "a collaborator who became an administrator of the repository",
    () => act("PUT", `${project}/collaborators/dev-a`, { permission: "admin" }),
    /^\+ write access of dev-a to .*administers it$/,
  ],
  [
    "an application that a bot's account registered",
    async () => {
      const password = (await factory.environment()).get("FORGE_PASS_DEV_A");
      const basic = Buffer.from(`dev-a:${password}`).toString("base64");
      await fetch(`${factory.forgeUrl}/api/v1/user/applications/oauth2`, {
        method: "POST",
        headers: { authorization: `Basic ${basic}`, "content-type": "application/json" },
        body: JSON.stringify({ name: "spy", redirect_uris: ["http://127.0.0.1/x"] }),
      });
    },
    /^\+ removal of application spy of dev-a /,
  ],
  [
    "a token that somebody made for a bot",
    async () => {
      const password = (await factory.environment()).get("FORGE_PASS_DEV_A");
      const basic = Buffer.from(`dev-a:${password}`).toString("base64");
      await fetch(`${factory.forgeUrl}/api/v1/users/dev-a/tokens`, {
        method: "POST",
        headers: { authorization: `Basic ${basic}`, "content-type": "application/json" },
        body: JSON.stringify({ name: "backdoor", scopes: ["all"] }),
      });
    },
    /^\+ removal of token backdoor \(….{8}\) of dev-a /,
  ],
  ["a deleted label", () => act("DELETE", `${project}/labels/1`), /^\+ label backlog in /],
  [
    "a bot that became an administrator of the forge",
    () => act("PATCH", "/admin/users/dev-a", { admin: true }),
    /^\+ restriction of dev-a /,
  ],
])(
  "%s is found by plan, repaired by init, and nothing else is touched",
  async (_, damage, step) => {
    const good = await dumpForge(factory.folder);
    const files = await dumpFiles(factory.folder);
    await damage();
    expect(await dumpForge(factory.folder)).not.toEqual(good);

    const damaged = await dumpForge(factory.folder);
    const planned = await plan();
    const checked = await factory.disinto("plan", "--check");
    expect(await dumpForge(factory.folder)).toEqual(damaged);
    const repaired = await factory.disinto("init", "--yes");

    const steps = (text: string) => text.split("\n").filter((line) => line.startsWith("+ "));
    expect(planned).toHaveLength(1);
    expect(checked.exitCode).toBe(3);
    expect(checked.stdout.split("\n")).toContainEqual(expect.stringMatching(step));
    expect(steps(repaired.stderr)).toEqual([expect.stringMatching(step)]);
    expect(await plan()).toEqual([]);
    const after = await dumpForge(factory.folder);
    const redone = ["labels", "collaborators"];
    expect(ignore(after, ...redone)).toEqual(ignore(good, ...redone));
    for (const table of redone)
      expect(after.tables[table]).toHaveLength(good.tables[table]?.length ?? -1);
    expect(await dumpFiles(factory.folder)).toEqual(files);
    expect((await factory.disinto("init")).stderr).toContain("nothing to do");
  },
);

test("a revoked token is found by plan and replaced, and no other token nor any password", async () => {
  const good = await dumpForge(factory.folder);
  const env = await factory.environment();
  await act("DELETE", "/users/dev-a/tokens/disinto-1");

  expect(await plan()).toMatchObject([{ action: { kind: "create-token" } }]);
  const repaired = await factory.disinto("init", "--json");

  expect(JSON.parse(repaired.stdout)).toMatchObject({
    changed: true,
    steps: [{ action: { kind: "create-token", user: { login: "dev-a" } } }],
  });
  const after = await dumpForge(factory.folder);
  const others = ({ tokens }: ForgeDump) => tokens.filter(({ login }) => login !== "dev-a");
  expect(others(after)).toEqual(others(good));
  expect(ignore(after, "tokens")).toEqual(ignore(good, "tokens"));
  const changed = [...(await factory.environment())].filter(
    ([key, value]) => env.get(key) !== value,
  );
  expect(changed.map(([key]) => key)).toEqual(["FORGE_TOKEN_DEV_A"]);
  for (const [, value] of env) if (value.length > 20) expect(repaired.stdout).not.toContain(value);
});

test("a token of an earlier version is kept; one limited to other repositories than the bot's is replaced", async () => {
  const shared = factory;
  factory = await createFactory();
  onTestFinished(async () => {
    await factory.end();
    factory = shared;
  });
  await factory.disintoOrThrow("init", factory.repository);
  const password = (await factory.environment()).get("FORGE_PASS_DEV_A") ?? "";
  const use = async (name: string, limits: object) => {
    const own = { authorization: `Basic ${Buffer.from(`dev-a:${password}`).toString("base64")}` };
    await act("DELETE", `/users/dev-a/tokens/disinto-${Number(name.at(-1)) - 1}`);
    const answer = await fetch(`${factory.forgeUrl}/api/v1/users/dev-a/tokens`, {
      method: "POST",
      headers: { ...own, "content-type": "application/json" },
      body: JSON.stringify({ name, ...limits }),
    });
    const { sha1 } = (await answer.json()) as { sha1: string };
    await setEnvironment(factory.folder, { FORGE_TOKEN_DEV_A: sha1 });
  };
  const limited = ["write:issue", "write:repository"];

  await use("disinto-2", { scopes: ["read:user", ...limited] });
  expect(await plan()).toEqual([]);
  await use("disinto-3", { scopes: limited, repositories: [repo] });
  expect(await plan()).toMatchObject([
    // It cannot be shown whose it is, so it is taken for one that does not work.
    { action: { kind: "create-token" }, because: "the forge does not accept FORGE_TOKEN_DEV_A" },
  ]);
  await factory.disintoOrThrow("init");
  expect(await plan()).toEqual([]);

  await act("POST", "/user/repos", { name: "other" });
  await writeFile(
    path.join(factory.folder, "projects/other.toml"),
    `repo = "${repo.owner}/other"\n[ci]\nprovider = "external"\n`,
  );
  const missing = expect.stringMatching(/^FORGE_TOKEN_\w+ does not reach .*\/other$/);
  expect(await plan()).toContainEqual(
    expect.objectContaining({
      action: expect.objectContaining({ kind: "create-token" }),
      because: missing,
    }),
  );
});

test("init five times: the same .env, the same forge, nothing to do", async () => {
  const good = [await dumpFiles(factory.folder), await dumpForge(factory.folder)];

  for (let round = 0; round < 4; round++) {
    const { exitCode, stderr } = await factory.disinto("init", "--yes");
    expect(exitCode).toBe(0);
    expect(stderr).toContain("nothing to do");
  }

  expect([await dumpFiles(factory.folder), await dumpForge(factory.folder)]).toEqual(good);
});

test("a dry run before anything exists lists every step and makes nothing", async () => {
  const fresh = await createFactory();
  onTestFinished(() => fresh.end());
  const files = await dumpFiles(fresh.folder);

  const dryRun = ["--yes", "--dry-run", "--json"];
  const { exitCode, stdout } = await fresh.disinto("init", fresh.repository, ...dryRun);

  expect(exitCode).toBe(0);
  const { steps, changed } = JSON.parse(stdout) as { steps: object[]; changed: boolean };
  expect(changed).toBe(false);
  expect(steps).toContainEqual(
    expect.objectContaining({ action: expect.objectContaining({ kind: "create-user" }) }),
  );
  expect(await dumpFiles(fresh.folder)).toEqual(files);
  await expect(stat(path.join(fresh.folder, ".disinto"))).rejects.toThrow("ENOENT");
});

test("one word more in LLAMA_BOTS, init and up: one user, one token, one service more, and that is all", async () => {
  await factory.disintoOrThrow("up");
  const good = await dumpForge(factory.folder);
  const running = await readProcesses();
  const env = await readFile(path.join(factory.folder, ".env"), "utf8");
  await writeFile(
    path.join(factory.folder, ".env"),
    env.replace('"dev-a dev-b"', '"dev-a dev-b dev-c"'),
  );
  const toml = path.join(factory.folder, "projects", "greeter.toml");
  const section = '[agents.dev-c]\nharness = "command"\ncommand = ["/bin/true"]\n';
  await writeFile(toml, `${await readFile(toml, "utf8")}${section}`);

  await factory.disintoOrThrow("init");
  await factory.disintoOrThrow("up");

  const after = await dumpForge(factory.folder);
  expect(after.tokens.filter(({ login }) => login !== "dev-c")).toEqual(good.tokens);
  expect(after.tokens).toHaveLength(good.tokens.length + 1);
  expect(after.tables.users).toHaveLength((good.tables.users?.length ?? 0) + 1);
  const touched = ["users", "tokens", "collaborators", "protections"];
  expect(ignore(after, ...touched)).toEqual(ignore(good, ...touched));
  const { "agents-llama-dev-c": added, ...others } = await readProcesses();
  expect(added).toBeDefined();
  expect(others).toEqual(running);
});

/** Service → which process it is. */
async function readProcesses(): Promise<Readonly<Record<string, string>>> {
  const local = path.join(factory.folder, ".disinto/local");
  const services = (await readdir(local, { withFileTypes: true })).filter((one) =>
    one.isDirectory(),
  );
  const records = services.map(async ({ name }) => [
    name,
    await readFile(path.join(local, name, "process.json"), "utf8"),
  ]);
  return Object.fromEntries(await Promise.all(records));
}
