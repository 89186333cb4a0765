import { expect, test } from "vitest";
import { listProblems, makeFactory, shop } from "../../test/support/factories.ts";
import { deriveBotVariables } from "../settings/bot.ts";
import { readBotSettings } from "./settings.ts";

const backend = "LLAMA_BASE_URL=http://Model:8081/\nLLAMA_SLOTS=2\n";

function settingsOf(env: string, projects: Record<string, string> = { shop }) {
  const factory = makeFactory(env, projects);
  const [bot] = factory.bots;
  if (!bot) throw new Error("no bot");
  const { environment } = deriveBotVariables({
    bot,
    factory,
    forgeUrl: "http://forge:3000",
  });
  return readBotSettings({ ...environment, FORGE_TOKEN: "t" });
}

test("a bot reads where all bots of its factory meet, and which model they share", () => {
  const settings = settingsOf(`${backend}LLAMA_BOTS=a\nDISINTO_NAME=acme\nFORGE_ADMIN_USER=root\n`);

  expect(settings).toMatchObject({
    factoryRepo: { owner: "root", name: "acme-factory" },
    backend: { name: "http://model:8081", slots: 2 },
    leaseTermMs: undefined,
  });
});

test("bots without a base URL share what their harness asks by itself", () => {
  const section = '[agents.ada]\nharness = "command"\ncommand = ["x"]\nslots = 1\n';

  expect(settingsOf("", { shop: shop + section }).backend).toEqual({
    name: "hosted command",
    slots: 1,
  });
});

test("one term of leases holds for all bots, and must leave time to renew", () => {
  const env = `${backend}LLAMA_BOTS=a\n`;

  expect(settingsOf(`${env}DISINTO_LEASE_TERM=6\n`).leaseTermMs).toBe(6_000);
  expect(listProblems(`${env}DISINTO_LEASE_TERM=2\n`, { shop })).toMatchInlineSnapshot(`
    ".env:4:1  DISINTO_LEASE_TERM: "2" must be an integer of at least 3 seconds
      hint: remove the line: the default of 900 suits normal use"
  `);
});
