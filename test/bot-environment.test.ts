import { expect, test } from "vitest";
import { readBotSettings } from "../src/bot/settings.ts";
import { deriveDesired } from "../src/core/desired.ts";
import { makeFactory, shop } from "./support/factories.ts";

/** What the service of the bot `ada` is told. */
function tell(section: string): Readonly<Record<string, string>> {
  const factory = makeFactory("", { shop: `${shop}[agents.ada]\n${section}` });
  const service = deriveDesired(factory, "/srv/f").services.find(
    ({ name }) => name === "agents-ada",
  );
  return { ...service?.environment, FORGE_TOKEN: "t" };
}

test("a bot with two roles is told both, joined by the comma that it reads", () => {
  const environment = tell('roles = ["dev", "review"]\nbase_url = "http://m:1"\n');

  expect(environment.AGENT_ROLES).toBe("dev,review");
  expect(readBotSettings(environment).roles).toEqual(["dev", "review"]);
});

test("a bot whose roles it cannot read does not start, rather than do nothing", () => {
  const environment = tell('base_url = "http://m:1"\n');

  expect(() => readBotSettings({ ...environment, AGENT_ROLES: "dev review" })).toThrow(
    /AGENT_ROLES/,
  );
});

test("what a section says arrives in the bot as it was written", () => {
  const command = ["/bin/c o", "it's", '"$x"', "a\nb", "ü"];
  const section = `harness = "command"\ncommand = ${JSON.stringify(command)}\npoll_interval = 0.5\nforge_user = "lovelace"\n`;

  expect(readBotSettings(tell(section))).toMatchObject({
    name: "ada",
    command,
    pollIntervalMs: 500,
    forge: { user: "lovelace" },
    projects: [{ name: "shop", repo: { owner: "acme", name: "shop" } }],
  });
});
