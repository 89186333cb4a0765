import { expect, test } from "vitest";
import { listProblems, makeFactory, shop } from "../../test/support/factories.ts";
import { deriveImage } from "../core/desired.ts";

const backend = "LLAMA_BASE_URL=http://host.docker.internal:8081\n";

test("settings of a bot's sessions have defaults, and its section overrides them", () => {
  const section = `[agents.ada]
base_url = "http://m:1"
compact_pct = 60
slots = 3
image = "ada:1"
memory = "512m"
cpus = 0.5
[agents.ada.limits]
minutes = 5
turns = 40
`;
  const env = `${backend}LLAMA_BOTS=a\nLLAMA_SLOTS=2\n`;
  const { bots } = makeFactory(env, { shop: shop + section });

  expect(bots).toMatchObject([
    { name: "a", slots: 2, memory: "4g", limits: { minutes: 120, silence: 30 } },
    {
      name: "ada",
      compactPct: 60,
      slots: 3,
      image: "ada:1",
      memory: "512m",
      cpus: 0.5,
      limits: { minutes: 5, silence: 30, turns: 40 },
    },
  ]);
});

test("bots on one backend that disagree about its slots are a problem that names both places", () => {
  const section = '[agents.ada]\nbase_url = "HTTP://Model:80/"\nslots = 4\n';
  const env = "LLAMA_BOTS=a\nLLAMA_BASE_URL=http://model\nLLAMA_SLOTS=2\n";

  expect(listProblems(env, { shop: shop + section })).toMatchInlineSnapshot(`
    "projects/shop.toml:6:1  agents.ada.slots: ada says that http://model has 4 slots, and a in .env:3 that it has 2
      hint: give both the same number, or leave one out"
  `);
  expect(listProblems(env.replace("2", "4"), { shop: shop + section })).toBe("");
  expect(listProblems(env.replace("//model", "//other"), { shop: shop + section })).toBe("");
});

test("slots must be a count, and a command has no context window to compact", () => {
  const section = '[agents.ada]\nharness = "command"\ncommand = ["x"]\ncompact_pct = 60\n';

  expect(listProblems("LLAMA_SLOTS=many\n", { shop: shop + section })).toMatchInlineSnapshot(`
    ".env:1:1  LLAMA_SLOTS: "many" must be a positive integer
      hint: write how many requests the model server takes at once, or remove the line
    projects/shop.toml:4:1  agents.ada: compact_pct is not for harness = "command"
      hint: remove it: a command has no context window that disinto knows of"
  `);
});

test("a bot has one image: its own, its projects', or the factory's", () => {
  const images = (projects: Record<string, string>) => {
    const factory = makeFactory(`${backend}LLAMA_BOTS=a\n`, projects);
    return factory.bots.map((bot) => deriveImage(bot, factory));
  };
  const own = 'image = "shop:1"\n';
  const other = 'image = "other:1"\nrepo = "acme/other"\n';

  expect(images({ shop })).toEqual(["disinto-agents:0.1.0"]);
  expect(images({ shop: own + shop, third: 'repo = "acme/third"\n' })).toEqual(["shop:1"]);
  expect(images({ shop: `${own}${shop}[agents.a]\nimage = "a:1"\n`, other })).toEqual(["a:1"]);
  expect(
    listProblems(`${backend}LLAMA_BOTS=a\n`, { shop: own + shop, other }),
  ).toMatchInlineSnapshot(`
    ".env:2:12  LLAMA_BOTS: a works on projects with different images, projects/other.toml:1 and projects/shop.toml:1
      hint: set image in [agents.a]"
  `);
});

test("what would change the meaning of a list of patterns is a problem", () => {
  const project = 'protected_paths = ["a;b", ""]\ntrusted_authors = ["x", "x"]\n';

  expect(listProblems("X=1\n", { shop: project + shop })).toMatchInlineSnapshot(`
    "projects/shop.toml:1:20  protected_paths.0: must not contain a semicolon, not "a;b"
      hint: disinto config reference says what it may hold
    projects/shop.toml:1:27  protected_paths.1: must not be empty
      hint: disinto config reference says what it may hold
    projects/shop.toml:2:1  trusted_authors: contains an entry twice
      hint: name each once"
  `);
});
