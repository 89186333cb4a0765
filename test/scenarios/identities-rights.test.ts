import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildForge } from "../../src/adapters/forgejo/forge.ts";
import { buildMirror } from "../../src/adapters/git/mirror.ts";
import { systemClock } from "../../src/adapters/system-clock.ts";
import { Breakers } from "../../src/bot/leases/breakers.ts";
import { Observations } from "../../src/bot/leases/expiry.ts";
import { type LeaseTools, releaseLease, takeLease } from "../../src/bot/leases/lease.ts";
import { readSecrets } from "../../src/config/secret-keys.ts";
import type { Forge } from "../../src/ports/forge.ts";
import type { Mirror } from "../../src/ports/git.ts";
import { type Ended, runCli } from "../support/cli.ts";
import { dumpForge } from "../support/forge-dump.ts";
import { localCoder, localReviewer, repo, TestFactory } from "../support/test-factory.ts";

let factory: TestFactory;
let mirror: Mirror;
let forge: Forge;
let head: string;
let token: string;
const said: Ended[] = [];

/** From a bare folder to a bot's token, as an operator would. */
beforeAll(async () => {
  factory = await TestFactory.create({
    env: { DISINTO_ENGINE: "local" },
    coder: localCoder,
    reviewer: localReviewer,
    devBots: ["dev-a", "dev-b"],
  });
  said.push(await factory.disinto("init", factory.repository, "--yes"));
  token = (await factory.environment()).get("FORGE_TOKEN_DEV_A") ?? "";
  forge = buildForge({ url: factory.forgeUrl, token });
  mirror = openMirror(`${repo.owner}/${repo.name}`);
  head = (await mirror.refresh()).get("refs/heads/main") ?? "";
}, 60_000);

afterAll(() => factory?.end());

function openMirror(name: string): Mirror {
  return buildMirror({
    folder: path.join(factory.folder, `mirror-${name.replace("/", "-")}`),
    url: `${factory.forgeUrl}/${name}.git`,
    access: { forgeUrl: factory.forgeUrl, login: "dev-a", token },
  });
}

function ask(route: string, options: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `token ${token}`, "content-type": "application/json" };
  return fetch(`${factory.forgeUrl}/api/v1${route}`, { headers, ...options });
}

function commitOn(parent: string, message: string): Promise<string> {
  return mirror.objects.treeOf(parent).then((tree) =>
    mirror.objects.commit({
      tree,
      parents: [parent],
      message,
      author: { name: "dev-a", email: "dev-a@bots.invalid" },
      at: "2026-01-01T00:00:00Z",
    }),
  );
}

test("a push to fix/* and a lease are accepted", async () => {
  const work = await commitOn(head, "Work");
  const lease: LeaseTools = { mirror, clock: systemClock, holder: "dev-a", newNonce: () => "n" };

  const swap = { ref: "refs/heads/fix/issue-9", from: undefined, to: work };
  expect(await mirror.swap([swap])).toBe("applied");
  const taken = await takeLease(lease, "refs/disinto/claims/9");

  expect(taken).toBeDefined();
  if (taken) await releaseLease(lease, taken);
});

test("a slot of a model and a breaker are kept in the factory's repository, which is still empty", async () => {
  const shared = openMirror(`${repo.owner}/disinto-factory`);
  const lease = {
    mirror: shared,
    clock: systemClock,
    holder: "dev-a",
    newNonce: () => crypto.randomUUID(),
  };
  const taken = await takeLease(lease, "refs/disinto/slots/model/0");
  const breakers = new Breakers({
    ...lease,
    observations: new Observations(systemClock, 30_000),
    termMs: 900_000,
  });

  expect(await breakers.open("model", { cause: "unreachable", reason: "it is down" })).toBe(
    "opened",
  );

  expect((await breakers.read("model"))?.by).toBe("dev-a");
  await breakers.close("model");
  if (taken) await releaseLease(lease, taken);
  expect((await shared.refresh()).size).toBe(0);
});

test("a push to the primary branch is refused", async () => {
  const work = await commitOn(head, "Not allowed");

  await mirror.swap([{ ref: "refs/heads/main", from: head, to: work }]);

  expect((await mirror.readRefs(["refs/heads/main"])).get("refs/heads/main")).toBe(head);
});

test("a merge without approval is refused, and an approval by a dev bot does not count", async () => {
  const work = await commitOn(head, "Unreviewed");
  await mirror.swap([{ ref: "refs/heads/fix/issue-8", from: undefined, to: work }]);
  const opened = { title: "x", body: "", head: "fix/issue-8", base: "main" };
  const { number } = await forge.pulls(repo).open(opened);
  const other = (await factory.environment()).get("FORGE_TOKEN_DEV_B") ?? "";
  const statuses = buildForge({
    url: factory.forgeUrl,
    token: (await factory.environment()).get("FORGE_TOKEN_CI") ?? "",
  }).statuses(repo);
  await statuses.post(work, { context: "ci/local/test", state: "success", description: "" });

  const alone = await forge.pulls(repo).merge(number, work);
  const colleague = buildForge({ url: factory.forgeUrl, token: other });
  await colleague
    .reviews(repo)
    .submit(number, { verdict: "approved", sha: work, body: "good", comments: [] });
  const approved = await forge.pulls(repo).merge(number, work);

  expect([alone.type, approved.type]).toEqual(["refused", "refused"]);
  expect(await forge.reviews(repo).of(number)).toMatchObject([{ official: false }]);
  expect((await mirror.readRefs(["refs/heads/main"])).get("refs/heads/main")).toBe(head);
});

test("each token that init makes has exactly the scopes and repositories that its owner needs", async () => {
  const { tables } = await dumpForge(factory.folder);
  const own = (tables.repositories ?? []).map(({ id }) => Number(id));
  expect(own).toHaveLength(2);
  const logins = new Map((tables.users ?? []).map(({ id, login }) => [id, login]));
  const scopes = (tables.tokens ?? []).map(({ user_id, scopes: text }) => {
    return [
      String(logins.get(user_id)),
      String(text)
        .split(/[,\s]+/)
        .sort(),
    ];
  });

  const limits = (tables.tokens ?? []).map(({ repositories }) => repositories);
  expect(limits.filter((one) => one !== null).map((one) => JSON.parse(String(one)).sort())).toEqual(
    [own, own, own],
  );
  const bot = ["write:issue", "write:repository"];
  expect(Object.fromEntries(scopes)).toEqual({
    "dev-a": bot,
    "dev-b": bot,
    reviewer: bot,
    [await readCiLogin()]: ["read:user", "write:repository"],
  });
  expect(scopes).toHaveLength(4);
});

async function readCiLogin(): Promise<string> {
  const { tables } = await dumpForge(factory.folder);
  const logins = (tables.users ?? []).map(({ login }) => String(login));
  return logins.find((login) => /(^|-)ci$/.test(login)) ?? "";
}

test("another private repository of the administrator does not exist for a bot", async () => {
  const password = (await factory.environment()).get("FORGE_ADMIN_PASS");
  const basic = Buffer.from(`${repo.owner}:${password}`).toString("base64");
  const made = await ask("/user/repos", {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "diary", private: true, auto_init: true }),
  });
  expect(made.status).toBe(201);

  expect((await ask(`/repos/${repo.owner}/diary`)).status).toBe(404);
  await expect(openMirror(`${repo.owner}/diary`).refresh()).rejects.toThrow();
});

test.each([
  ["GET", "/admin/users"],
  ["POST", "/admin/users"],
  ["PATCH", "/admin/users/dev-a"],
  ["DELETE", "/admin/users/dev-b"],
  ["PATCH", `/repos/${repo.owner}/${repo.name}/branch_protections/main`],
  ["PUT", `/repos/${repo.owner}/${repo.name}/collaborators/dev-a`],
  ["DELETE", `/repos/${repo.owner}/${repo.name}`],
])("%s %s is refused to a bot", async (method, route) => {
  const { status } = await ask(route, { method, ...(method !== "GET" && { body: "{}" }) });

  expect([401, 403, 404]).toContain(status);
});

test("a runner whose token is another bot's refuses to start, and a missing one is not replaced by anybody's", async () => {
  await factory.disintoOrThrow("generate");
  const file = path.join(factory.folder, ".disinto/local/services.json");
  const { services } = JSON.parse(await readFile(file, "utf8")) as {
    services: Readonly<Record<string, { environment: Readonly<Record<string, string>> }>>;
  };
  const environment = services["agents-llama-dev-a"]?.environment ?? {};
  const secrets = await factory.environment();
  const start = (other: string) => {
    const env = { ...environment, FORGE_PASS: secrets.get("FORGE_PASS_DEV_A") ?? "" };
    return runCli(factory.folder, ["agent", "run", "--once"], {
      env: { ...env, FORGE_TOKEN: other },
    });
  };

  const foreign = await start(secrets.get("FORGE_TOKEN_DEV_B") ?? "");
  const none = await start("");

  expect([foreign.exitCode, none.exitCode]).toEqual([1, 2]);
  expect(foreign.stderr).toContain(`the token is not one of dev-a for ${repo.owner}/`);
  expect(none.stderr).toContain("FORGE_TOKEN");
});

test("no secret stands in an output, a log, a generated file or a git configuration", async () => {
  said.push(await factory.disinto("up"), await factory.disinto("init"));
  said.push(await factory.disinto("agents", "--json"), await factory.disinto("plan", "--json"));
  expect(said.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
  const secrets = [...(await readSecrets(factory.folder)).values()];
  expect(secrets.length).toBeGreaterThan(8);
  await factory.disintoOrThrow("down");
  await rm(path.join(factory.folder, ".disinto", "local", "forgejo", "data"), { recursive: true });

  const outputs = said.map(({ stdout, stderr }) => stdout + stderr).join("\n");
  expect(secrets.filter((secret) => outputs.includes(secret))).toEqual([]);
  const files = await readdir(factory.folder, { recursive: true, withFileTypes: true });
  const leaks: string[] = [];
  for (const entry of files.filter((one) => one.isFile() && one.name !== ".env")) {
    const file = path.join(entry.parentPath, entry.name);
    const text = await readFile(file, "latin1");
    if (secrets.some((secret) => text.includes(secret))) leaks.push(file);
  }
  expect(leaks).toEqual([]);
});
