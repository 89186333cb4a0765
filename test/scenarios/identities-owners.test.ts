/** Whose an account on the forge is: nobody is made a bot who is not this factory's. */
import { cp, rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setEnvironment } from "../../src/config/env-file.ts";
import { loadEnvironment } from "../../src/config/load.ts";
import { AccountWorld, factoryIdOf, keyOf, person } from "../support/account-world.ts";
import type { AnyForge } from "../support/any-forge.ts";
import { runCli } from "../support/cli.ts";
import { dumpFiles } from "../support/forge-dump.ts";
import { allowApplication, newSshKey } from "../support/forgejo-person.ts";

let world: AccountWorld;
let forge: AnyForge;

beforeAll(async () => {
  world = await AccountWorld.open();
  forge = world.forge;
});

afterAll(() => world?.end());

test("every account of a new factory carries its mark, which the account itself cannot write", async () => {
  const { folder, ada, mark, init, disinto } = await world.makeFactory();

  const { exitCode, stderr } = await init();

  expect(exitCode, stderr).toBe(0);
  const id = await factoryIdOf(folder);
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(await world.markOf(ada)).toBe(`disinto:${id}`);
  expect(await world.markOf(`${mark}-rev`)).toBe(`disinto:${id}`);
  const env = await loadEnvironment(folder);
  const as = { login: ada, password: env.get(keyOf("PASS", ada)) ?? "" };
  await forge.call("PATCH", "/user/settings", { as, body: { login_name: "mine" } });
  const own = await forge.call("PATCH", `/admin/users/${ada}`, {
    as,
    body: { login_name: "mine", source_id: 0 },
  });
  expect(own.status).toBe(403);
  expect(await world.markOf(ada)).toBe(`disinto:${id}`);
  expect((await disinto("init")).stderr).toContain("nothing to do");
});

test("an account with our mark is ours: credentials that .env has lost are made again", async () => {
  const { folder, ada, mark, init } = await world.makeFactory();
  await init();
  await setEnvironment(folder, {
    [keyOf("PASS", ada)]: undefined,
    [keyOf("TOKEN", ada)]: undefined,
  });

  const { exitCode, stderr } = await init();

  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain(`+ password of ${ada}`);
  expect(stderr).toContain(`+ token of ${ada}`);
  const token = (await loadEnvironment(folder)).get(keyOf("TOKEN", ada)) ?? "";
  const own = `/repos/root/${mark}-factory/collaborators/${ada}/permission`;
  expect((await forge.call("GET", own, { token })).body.user?.login).toBe(ada);
});

test("an account without a mark whose token .env has is ours, keeps its token and is marked", async () => {
  const { folder, ada, init } = await world.makeFactory();
  await world.addPerson(ada);
  const token = await world.makeToken(ada, "disinto-1");
  await setEnvironment(folder, { [keyOf("TOKEN", ada)]: token });

  const { exitCode, stderr } = await init();

  expect(exitCode, stderr).toBe(0);
  expect(stderr).not.toContain(`+ token of ${ada}`);
  expect(await world.markOf(ada)).toBe(`disinto:${await factoryIdOf(folder)}`);
  expect((await forge.call("GET", "/user", { token })).body.login).toBe(ada);
  expect((await loadEnvironment(folder)).get(keyOf("TOKEN", ada))).toBe(token);
});

test("a token of .env in another case of the login proves it too", async () => {
  const { folder, ada, init } = await world.makeFactory();
  const shown = ada.replace("ada", "ADA");
  await world.addPerson(shown);
  await setEnvironment(folder, {
    [keyOf("TOKEN", ada)]: await world.makeToken(shown, "disinto-1"),
  });

  const { exitCode, stderr } = await init();

  expect(exitCode, stderr).toBe(0);
  expect(await world.markOf(shown)).toBe(`disinto:${await factoryIdOf(folder)}`);
  expect((await init()).stderr).toContain("nothing to do");
});

test("the older FORGE_TOKEN_LLAMA shows that dev-qwen is ours", async () => {
  const { folder, init } = await world.makeFactory({ LLAMA_BOTS: "dev-qwen" });
  await forge.call("DELETE", "/admin/users/dev-qwen");
  await world.addPerson("dev-qwen");
  await setEnvironment(folder, {
    FORGE_TOKEN_LLAMA: await world.makeToken("dev-qwen", "older"),
    FORGE_TOKEN_DEV_QWEN: "0".repeat(40),
  });

  const { exitCode, stderr } = await init();

  expect(exitCode, stderr).toBe(0);
  expect(await world.markOf("dev-qwen")).toBe(`disinto:${await factoryIdOf(folder)}`);
});

test.each([
  ["a person", {}, /exists on the forge, and nothing shows that this factory made it/],
  ["an administrator", { admin: true }, /is an administrator of the forge/],
  ["a bot of another factory", { login_name: "disinto:other" }, /belongs to another factory/],
])(
  "%s stays what they are: init refuses, names the login, and writes nothing",
  async (_, changes, words) => {
    const { folder, ada, mark, init, disinto } = await world.makeFactory();
    await world.addPerson(ada, changes);
    const before = await forge.call("GET", `/users/${ada}`);
    const files = await dumpFiles(folder);

    const refused = await init();
    const forced = words.source.startsWith("exists") ? refused : await init("--adopt-user", ada);

    for (const one of [refused, forced]) {
      expect(one.exitCode).toBe(1);
      expect(one.stderr).toMatch(words);
      expect(one.stderr).toContain(`${ada}: choose another login (LLAMA_BOTS)`);
    }
    expect(await dumpFiles(folder)).toEqual(files);
    const after = await forge.call("GET", `/users/${ada}`);
    expect({ ...after.body, last_login: 0 }).toEqual({ ...before.body, last_login: 0 });
    expect((await forge.call("GET", "/user", { as: person(ada) })).status).toBe(200);
    expect((await forge.call("GET", `/users/${mark}-rev`)).status).toBe(404);
    expect((await forge.call("GET", `/repos/root/${mark}-shop`)).status).toBe(404);
    expect((await disinto("plan")).stderr).toMatch(words);
  },
);

test("a person who is adopted by name loses every way in, and is a bot", async () => {
  const { folder, ada, init } = await world.makeFactory();
  await world.addPerson(ada);
  const as = person(ada);
  const token = await world.makeToken(ada, "laptop");
  await world.makeToken(ada, "disinto-7");
  const application = { name: "mine", redirect_uris: ["http://127.0.0.1/x"] };
  await forge.call("POST", "/user/applications/oauth2", { as, body: application });
  if (forge.isReal) await giveKeyAndGrant(ada);
  const refused = await init();
  expect(refused.stderr).toContain(`--adopt-user ${ada}`);

  const { exitCode, stderr } = await init("--adopt-user", ada.toUpperCase());

  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain(`+ removal of application mine of ${ada}`);
  expect(stderr).toContain(`+ removal of token laptop (…${token.slice(-8)}) of ${ada}`);
  expect((await forge.call("GET", "/user", { as })).status).toBe(401);
  expect((await forge.call("GET", "/user", { token })).status).toBe(401);
  const env = await loadEnvironment(folder);
  const own = { login: ada, password: env.get(keyOf("PASS", ada)) ?? "" };
  const left = await Promise.all(
    ["/user/applications/oauth2", "/user/keys", "/user/gpg_keys", "/user/emails"].map(
      async (route) => (await forge.call("GET", route, { as: own })).body,
    ),
  );
  expect(left).toMatchObject([[], [], [], [{ email: `${ada}@bots.invalid` }]]);
  expect((await forge.call("GET", `/users/${ada}/tokens`)).body).toHaveLength(1);
  if (forge.isReal) {
    expect(stderr).toContain(`1 applications may no longer act as ${ada}`);
    expect(stderr).toContain(`+ removal of SSH key laptop of ${ada}`);
  }
  expect((await init()).stderr).toContain("nothing to do");
});

test("to adopt somebody who would be no bot is refused", async () => {
  const { init } = await world.makeFactory();

  const { exitCode, stderr } = await init("--adopt-user", "somebody");

  expect(exitCode).toBe(2);
  expect(stderr).toContain("no bot has the login somebody");
});

test("a second factory with the same names leaves the first one's bots alone", async () => {
  const first = await world.makeFactory();
  await first.init();
  const second = `${first.folder}-second`;
  await cp(first.folder, second, { recursive: true });
  await rm(`${second}/.disinto`, { recursive: true });
  const known = [...(await loadEnvironment(second)).keys()];
  const made = known.filter((key) => /^DISINTO_FACTORY_ID$|^FORGE_(TOKEN|PASS)_/.test(key));
  await setEnvironment(second, Object.fromEntries(made.map((key) => [key, undefined])));

  const refused = await runCli(second, ["init", "--yes"]);

  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("belongs to another factory");
  expect((await first.disinto("init")).stderr).toContain("nothing to do");
});

test("two factories that fight over a bot are a problem in status, as what they are", async () => {
  const { ada, init, disinto } = await world.makeFactory();
  await init();
  const taken = { login_name: "disinto:another", source_id: 0, must_change_password: false };
  const as = person(ada);
  const { password } = as;
  await forge.call("PATCH", `/admin/users/${ada}`, { body: { ...taken, password } });
  await forge.call("DELETE", `/users/${ada}/tokens/disinto-1`, { as });

  const { problems } = JSON.parse((await disinto("status", "--json")).stdout);

  expect(problems).toContainEqual(
    expect.objectContaining({
      kind: "credentials",
      text: expect.stringContaining(`two factories fight over ${ada}`),
      command: "disinto init",
    }),
  );
  expect((await disinto("init")).stderr).toContain("belongs to another factory");
});

/** What only a real Forgejo has: an SSH key, and an application of another that may act as the user. */
async function giveKeyAndGrant(login: string): Promise<void> {
  const as = person(login);
  const redirectUri = "http://127.0.0.1/y";
  const spy = { name: "spy", redirect_uris: [redirectUri], confidential_client: true };
  const { body: made } = await forge.call("POST", "/user/applications/oauth2", { body: spy });
  await allowApplication(forge.url, as, { clientId: made.client_id, redirectUri });
  const key = { title: "laptop", key: newSshKey() };
  expect((await forge.call("POST", "/user/keys", { as, body: key })).status).toBe(201);
}
