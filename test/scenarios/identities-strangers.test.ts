/** No command but `init --adopt-user` touches an account on the forge that is not this factory's, nor leaves what is not its own. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { setEnvironment } from "../../src/config/env-file.ts";
import { loadEnvironment } from "../../src/config/load.ts";
import { AccountWorld, keyOf, person } from "../support/account-world.ts";
import type { AnyForge } from "../support/any-forge.ts";
import { dumpFiles } from "../support/forge-dump.ts";

let world: AccountWorld;
let forge: AnyForge;

beforeAll(async () => {
  world = await AccountWorld.open();
  forge = world.forge;
});

afterAll(() => world?.end());

const signsIn = async (login: string) =>
  (await forge.call("GET", "/user", { as: person(login) })).status === 200;

test("a person's login is hired by nobody, and the refusal leaves no line behind", async () => {
  const { folder, mark, init, disinto } = await world.makeFactory();
  await init();
  const alice = `${mark}-alice`;
  await world.addPerson(alice);
  const before = await dumpFiles(folder);

  const hired = await disinto("hire-an-agent", alice, "dev", "--local-model", "http://127.0.0.1:1");

  expect(hired.exitCode).toBe(1);
  expect(hired.stderr).toContain(`${alice} exists on the forge`);
  expect(await dumpFiles(folder)).toEqual(before);
  expect(await signsIn(alice)).toBe(true);
});

test("rotate replaces no password of a person, and fire removes no person", async () => {
  const { folder, ada, mark, init, disinto } = await world.makeFactory();
  await init();
  const alice = `${mark}-alice`;
  await world.addPerson(alice);
  const token = await world.makeToken(alice, "laptop");
  await setEnvironment(folder, { LLAMA_BOTS: `${ada} ${alice}` });

  const rotated = await disinto("rotate", alice);
  const fired = await disinto("fire", alice);

  expect(rotated.exitCode).toBe(1);
  expect(rotated.stderr).toContain(`${alice} exists on the forge, and nothing shows`);
  expect(fired.exitCode, fired.stderr).toBe(0);
  expect(fired.stderr).toContain(`the user ${alice} stays as it is`);
  expect((await loadEnvironment(folder)).get("LLAMA_BOTS")).toBe(ada);
  expect(await signsIn(alice)).toBe(true);
  expect((await forge.call("GET", "/user", { token })).status).toBe(200);
});

test("what somebody put at a bot's account is shown by agents, and goes with rotate", async () => {
  const { folder, ada, init, disinto } = await world.makeFactory();
  await init();
  const as = {
    login: ada,
    password: (await loadEnvironment(folder)).get(keyOf("PASS", ada)) ?? "",
  };
  const application = { name: "spy", redirect_uris: ["http://127.0.0.1/x"] };
  await forge.call("POST", "/user/applications/oauth2", { as, body: application });
  for (const name of ["backdoor", "disinto-9"])
    await forge.call("POST", `/users/${ada}/tokens`, { as, body: { name, scopes: ["all"] } });

  const shown = await disinto("agents", "--json");
  const rotated = await disinto("rotate", ada);

  const [first] = JSON.parse(shown.stdout).agents;
  expect(first).toMatchObject({ name: ada, credentials: "valid" });
  expect([...first.foreignCredentials].sort()).toEqual([
    "application spy",
    expect.stringMatching(/^token backdoor \(….{8}\)$/),
    expect.stringMatching(/^token disinto-9 \(….{8}\)$/),
  ]);
  expect(rotated.exitCode, rotated.stderr).toBe(0);
  expect(rotated.stderr).toContain(`- application spy of ${ada}, which was not of this factory`);
  expect((await forge.call("GET", `/users/${ada}/tokens`)).body).toHaveLength(1);
  expect(JSON.parse((await disinto("agents", "--json")).stdout).agents[0]).toMatchObject({
    credentials: "valid",
    foreignCredentials: [],
  });
});
