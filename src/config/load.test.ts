import { expect, test } from "vitest";
import { listProblems, makeFactory, shop } from "../../test/support/factories.ts";

const backend = "LLAMA_BASE_URL=http://host.docker.internal:8081\n";

function names(env: string, projects: Readonly<Record<string, string>> = { shop }) {
  return makeFactory(backend + env, projects).bots.map(({ name }) => name);
}

test("LLAMA_BOTS takes spaces and commas, and decides alone", () => {
  expect(names('LLAMA_BOTS="dev-qwen,  dev-qwen2"\n')).toEqual(["dev-qwen", "dev-qwen2"]);
  expect(names("LLAMA_BOTS=\nENABLE_LLAMA_AGENT=1\n")).toEqual([]);
  expect(names("LLAMA_BOTS=a\nENABLE_LLAMA_AGENT=1\n")).toEqual(["a"]);
});

test("the single-bot default is dev-qwen, and no bot without the switch", () => {
  expect(names("ENABLE_LLAMA_AGENT=1\n")).toEqual(["dev-qwen"]);
  expect(names("ENABLE_LLAMA_AGENT=0\n")).toEqual([]);
  expect(names("")).toEqual([]);
});

test("a llama bot works on every project; its section supplies the settings", () => {
  const other = 'repo = "acme/other"\n[agents.a]\nroles = ["dev", "review"]\npoll_interval = 0.5\n';
  const { bots } = makeFactory(`${backend}LLAMA_BOTS=a\nLLAMA_MODEL=m\n`, { shop, other });

  expect(bots).toMatchObject([
    {
      name: "a",
      declaredIn: "LLAMA_BOTS",
      roles: ["dev", "review"],
      model: "m",
      pollIntervalS: 0.5,
      projects: ["other", "shop"],
      origin: "LLAMA_BOTS (.env:2)",
    },
  ]);
});

test("a bot of one project works on the projects that hold its section", () => {
  const section = '[agents.ada]\nbase_url = "http://model:1"\nforge_user = "ada-l"\n';
  const { bots } = makeFactory("X=1\n", {
    shop: shop + section,
    other: `repo = "acme/other"\n${section}`,
    third: 'repo = "acme/third"\n',
  });

  expect(bots).toMatchObject([
    { name: "ada", declaredIn: "agents", forgeUser: "ada-l", projects: ["other", "shop"] },
  ]);
});

test("the older names of the backend are read where the newer ones are unset", () => {
  const env =
    "LLAMA_BOTS=a\nANTHROPIC_BASE_URL=http://old:1\nANTHROPIC_API_KEY=k\nCLAUDE_MODEL=m\n";
  const [bot] = makeFactory(env, { shop }).bots;

  expect(bot).toMatchObject({
    baseUrl: "http://old:1",
    model: "m",
    apiKeyEnv: "ANTHROPIC_API_KEY",
  });
});

test("every problem is told at once, each with its place", () => {
  const env = [
    'LLAMA_BOTS="dev-qwen Dev_2 dev-qwen admin"',
    "ENABLE_LLAMA_AGENT=0",
    "COMPOSE_PROJECT_NAME=x",
    "DISINTO_FORGE_PROT=1",
    "DISINTO_FORGE_PORT=70000",
    "DISINTO_ENGINE=composed",
    "DISINTO_NAME=a-name-that-is-too-long",
    "AGENT_SSH_DIR=keys",
    "FORGE_URL=forge",
  ].join("\n");
  const projects = {
    broken: "repo = \n",
    shop: `repo = "acme"\nprimary_brunch = "x"\n[limits]\nci_fixes = -1\n`,
    other: `repo = "acme/other"
[agents.ada]
roles = ["dev", "deva"]
modle = "x"
base_url = 5
[agents.llama]
base_url = "http://m:1"
`,
  };

  expect(listProblems(env, projects)).toMatchInlineSnapshot(`
    ".env:1:1  LLAMA_BOTS: names bots, but ENABLE_LLAMA_AGENT=0 (.env:2) switches them off
      hint: remove the line with ENABLE_LLAMA_AGENT; LLAMA_BOTS alone decides
    .env:1:13  LLAMA_BOTS: "dev-qwen" is listed twice
      hint: name it once
    .env:1:13  LLAMA_BOTS: dev-qwen has no model: the harness claude-code needs a base URL
      hint: set LLAMA_BASE_URL in .env, for example http://host.docker.internal:8081
    .env:1:22  LLAMA_BOTS: "Dev_2" is not a valid bot name
      hint: use lower-case letters and digits with single dashes between them, at most 40
    .env:1:37  LLAMA_BOTS: "admin" is a reserved name
      hint: choose another name
    .env:3:1  COMPOSE_PROJECT_NAME: COMPOSE_ variables change what Compose acts on and are not allowed here
      hint: remove the line; DISINTO_NAME names the compose project
    .env:4:1  DISINTO_FORGE_PROT: unknown variable
      hint: did you mean DISINTO_FORGE_PORT?
    .env:5:1  DISINTO_FORGE_PORT: "70000" is not a valid port
      hint: use an integer from 1 to 65535
    .env:6:1  DISINTO_ENGINE: must be one of compose, local, not "composed"
      hint: did you mean compose?
    .env:7:1  DISINTO_NAME: "a-name-that-is-too-long" is not a valid factory name
      hint: use at most 15 lower-case letters and digits, with single dashes between them
    .env:8:1  AGENT_SSH_DIR: must be an absolute path, not "keys"
      hint: write it beginning with /
    .env:9:1  FORGE_URL: must be an http or https URL, not "forge"
      hint: write the whole URL, for example http://127.0.0.1:3000
    projects/broken.toml:2:1  TOML syntax: unspecified values are invalid
      hint: check this line and the one above: section names are in [brackets], strings in "quotes"
    projects/other.toml:3:17  agents.ada.roles.1: must be one of dev, review, not "deva"
      hint: did you mean "dev"?
    projects/other.toml:4:1  agents.ada: unknown key "modle"
      hint: did you mean "model"?
    projects/other.toml:5:1  agents.ada.base_url: expected string, received 5
      hint: write it as a string in quotes
    projects/other.toml:6:1  agents.llama: "llama" is a reserved name
      hint: choose another name
    projects/shop.toml:1:1  repo: must be owner/name, not "acme"
      hint: disinto config reference says what it may hold
    projects/shop.toml:2:1  unknown key "primary_brunch"
      hint: did you mean "primary_branch"?
    projects/shop.toml:4:1  limits.ci_fixes: too small: expected number to be >=0, not -1
      hint: disinto config reference says what it may hold"
  `);
});

test("a misspelt setting is one problem, not also the lack of what it would have changed", () => {
  const shop = 'repo = "acme/shop"\n[agents.dev-qwen]\nharness = "comand"\ncommand = ["x"]\n';

  expect(listProblems("LLAMA_BOTS=dev-qwen\n", { shop })).toMatchInlineSnapshot(`
    "projects/shop.toml:3:1  agents.dev-qwen.harness: must be one of claude-code, opencode, command, not "comand"
      hint: did you mean "command"?"
  `);
});

test("a file with problems hides no lack of a bot that it does not mention", () => {
  const shop = 'repo = "acme/shop"\n[agents.ada]\nmodle = "a-b"\nbase_url = "http://m:1"\n';

  expect(listProblems("LLAMA_BOTS=a\n", { shop })).toContain("a has no model");
  expect(listProblems("LLAMA_BOTS=ada\n", { shop })).not.toContain("has no model");
});

test("a project's forge_url stands in for FORGE_URL, and must not contradict it or another project's", () => {
  const at = (url: string, name: string) => `repo = "acme/${name}"\nforge_url = "${url}"\n`;

  const { forge } = makeFactory("", { shop: at("https://git.example.org/", "shop") });
  expect(forge.url).toBe("https://git.example.org");
  expect(
    listProblems("FORGE_URL=http://a:1\n", {
      one: at("http://a:1/", "one"),
      two: at("http://b:1", "two"),
    }),
  ).toMatchInlineSnapshot(`
    "projects/two.toml:2:1  forge_url: http://b:1 is not the forge of this factory, http://a:1 (.env:1)
      hint: a factory has one forge: make them the same, or leave this one out"
  `);
});

test("clashes name both places", () => {
  const projects = {
    one: `repo = "acme/one"
[agents.ada]
base_url = "http://m:1"
[agents.bob]
base_url = "http://m:1"
forge_user = "ADA"
[agents.llama-x]
base_url = "http://m:1"
forge_user = "disinto-admin"
`,
    two: `repo = "acme/one"
name = "one"
[agents.ada]
base_url = "http://other:1"
`,
  };

  expect(listProblems(`${backend}LLAMA_BOTS=x\n`, projects)).toMatchInlineSnapshot(`
    ".env:2:12  LLAMA_BOTS: x and llama-x from [agents.llama-x] (projects/one.toml:7) both have the service agents-llama-x
      hint: rename one of them
    projects/one.toml:4:1  agents.bob: bob and ada from [agents.ada] (projects/one.toml:2) both have the forge user ada
      hint: rename one of them
    projects/one.toml:9:1  agents.llama-x.forge_user: llama-x would be the forge's administrator, disinto-admin
      hint: give the bot a user of its own
    projects/two.toml:1:1  repo: acme/one is also in projects/one.toml:1
      hint: give one of them another repo
    projects/two.toml:2:1  name: one is also in projects/one.toml:1
      hint: give one of them another name
    projects/two.toml:3:1  agents.ada: conflicts with [agents.ada] in projects/one.toml:2
      hint: one bot has one configuration: make both sections the same"
  `);
});

test("a model that is missing, and a key that is written where its name belongs, are problems", () => {
  const project = `${shop}[agents.ada]
api_key_env = "sk-secret-1"
[agents.bob]
base_url = "http://m:1"
api_key_env = "BOB_KEY"
[agents.eve]
harness = "command"
[agents.max]
base_url = "http://m:1"
command = ["x"]
`;
  const text = listProblems("LLAMA_BOTS=a\n", { shop: project });

  expect(text).toMatchInlineSnapshot(`
    ".env:1:12  LLAMA_BOTS: a has no model: the harness claude-code needs a base URL
      hint: set LLAMA_BASE_URL in .env, for example http://host.docker.internal:8081
    projects/shop.toml:4:1  agents.ada: ada has no model: the harness claude-code needs a base URL
      hint: set base_url, for example http://host.docker.internal:8081
    projects/shop.toml:5:1  agents.ada.api_key_env: must be the name of a variable, not a key
      hint: put the key into .env and the name of its variable here
    projects/shop.toml:8:1  agents.bob.api_key_env: .env does not set BOB_KEY
      hint: add BOB_KEY=... to .env
    projects/shop.toml:9:1  agents.eve: harness "command" needs a command
      hint: set command = ["program", "argument"]
    projects/shop.toml:11:1  agents.max: command is only for harness = "command"
      hint: set harness = "command", or remove command"
  `);
  expect(text).not.toContain("sk-secret");
});

test("an image without a tag would be latest without saying so, and is a problem wherever it stands", () => {
  const own = 'image = "host:5000/shop"\n';
  const agents = '[agents.a]\nimage = "bots"\n';
  const env = `${backend}LLAMA_BOTS=a\nDISINTO_IMAGE_EDGE=caddy\n`;

  expect(listProblems(env, { shop: own + shop + agents })).toMatchInlineSnapshot(`
    ".env:3:1  DISINTO_IMAGE_EDGE: "caddy" has no tag
      hint: write name:tag or name@digest; name:latest if you want the latest
    projects/shop.toml:1:1  image: "host:5000/shop" has no tag
      hint: write name:tag or name@digest; name:latest if you want the latest
    projects/shop.toml:6:1  agents.a.image: "bots" has no tag
      hint: write name:tag or name@digest; name:latest if you want the latest"
  `);
  const digest = `edge@sha256:${"0".repeat(64)}`;
  expect(makeFactory(`DISINTO_IMAGE_EDGE=${digest}\n`).images.edge).toBe(digest);
});

test("a literal key under the name that it would like to have is never printed, and the hint says where it goes", () => {
  const agents = '[agents.ada]\nbase_url = "http://m:1"\napi_key = "sk-secret-1"\nslots = "2"\n';

  const text = listProblems("X=1\n", { shop: shop + agents });

  expect(text).toMatchInlineSnapshot(`
    "projects/shop.toml:6:1  agents.ada: unknown key "api_key"
      hint: did you mean "api_key_env"?
    projects/shop.toml:7:1  agents.ada.slots: expected number, received "2"
      hint: write a number, without quotes"
  `);
  expect(text).not.toContain("sk-secret");
});

test("CRLF and a byte order mark are read like any other file, with the same places", () => {
  const env = `\ufeff${backend}LLAMA_BOTS=a # one\n`.replaceAll("\n", "\r\n");
  const project = `\ufeff${shop}[agents.b]\nbase_url = "http://m:1"\n`.replaceAll("\n", "\r\n");

  const { bots } = makeFactory(env, { shop: project });

  expect(bots.map(({ name, origin }) => [name, origin])).toEqual([
    ["a", "LLAMA_BOTS (.env:2)"],
    ["b", "[agents.b] (projects/shop.toml:4)"],
  ]);
});
