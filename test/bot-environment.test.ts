import { expect, test } from "vitest";
import { readBotSettings } from "../src/bot/settings.ts";
import { deriveDesired } from "../src/core/desired.ts";
import { makeFactory, shop } from "./support/factories.ts";

/** What the service of the bot `ada` is told. */
function tell(section: string, env = ""): Readonly<Record<string, string>> {
  const factory = makeFactory(env, { shop: `${shop}[agents.ada]\n${section}` });
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

test("Claude's login is for bots that ask Anthropic with Claude Code and have no key", () => {
  const env = "CLAUDE_SHARED_DIR=/srv/claude\nKEY=sk-1\n";
  const anthropic = 'base_url = "https://api.anthropic.com/v1"\n';
  const others = [
    `${anthropic}api_key_env = "KEY"\n`,
    `${anthropic}harness = "opencode"\n`,
    'base_url = "http://api.anthropic.com"\n',
    'base_url = "https://api.anthropic.com.example.org"\n',
    'base_url = "http://m:1"\n',
  ];

  expect(readBotSettings(tell(anthropic, env)).model?.loginFolder).toBe("/srv/claude");
  for (const section of others)
    expect(readBotSettings(tell(section, env)).model?.loginFolder).toBeUndefined();
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
