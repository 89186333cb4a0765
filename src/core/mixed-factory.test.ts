/** Factories of which no two parts are alike, so that what is taken from the wrong one shows. */
import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { readBotSettings } from "../bot/settings.ts";
import { deriveDesired, deriveImage } from "./desired.ts";
import { formatProjects } from "./project-task.ts";
import type { DesiredService } from "./service.ts";

const project = (name: string, more: string) =>
  `repo = "acme/${name}"\n${more}[ci]\nprovider = "external"\n`;

function servicesOf(env: string, projects: Readonly<Record<string, string>>) {
  const { services } = deriveDesired(makeFactory(env, projects), "/srv/f");
  return (name: string): DesiredService => {
    const found = services.find((one) => one.name === name);
    if (!found) throw new Error(`no service ${name}`);
    return found;
  };
}

const told = ({ environment }: DesiredService) =>
  readBotSettings({ ...environment, FORGE_TOKEN: "t" });

test("of two llama bots the one with settings of its own has them, and the other has the shared ones", () => {
  const env = 'LLAMA_BOTS="a b"\nLLAMA_BASE_URL=http://m:1\nLLAMA_MODEL=shared\nKEY_A=k\n';
  const section = [
    '[agents.a]\nbase_url = "http://own:2"\nmodel = "own"\napi_key_env = "KEY_A"\n',
    'memory = "1g"\ncpus = 1\npoll_interval = 5\nforge_user = "ada"\nimage = "acme/own:1"\n',
    "[agents.a.limits]\nminutes = 7\n",
  ].join("");
  const service = servicesOf(env, { shop: `${project("shop", "")}${section}` });
  const [a, b] = [service("agents-llama-a"), service("agents-llama-b")];

  expect([told(a).model, told(b).model]).toMatchObject([
    { baseUrl: "http://own:2", name: "own" },
    { baseUrl: "http://m:1", name: "shared" },
  ]);
  expect([a, b].map(({ limits }) => limits.memory)).toEqual(["1g", "4g"]);
  expect([a, b].map(({ limits }) => limits.cpus)).toEqual([1, 2]);
  expect([a, b].map(({ image }) => image)).toEqual(["acme/own:1", "disinto-agents:0.1.0"]);
  expect([a, b].map((one) => told(one).pollIntervalMs)).toEqual([5000, 60_000]);
  expect([a, b].map((one) => told(one).forge.user)).toEqual(["ada", "b"]);
  expect([a, b].map((one) => told(one).limits.minutes)).toEqual([7, 120]);
  expect([a, b].map(({ secrets }) => secrets.ANTHROPIC_API_KEY)).toEqual(["KEY_A", undefined]);
});

test("of two projects with two images each bot has that of its own project, and its own before both", () => {
  const env = "LLAMA_BASE_URL=http://m:1\n";
  const bot = (name: string, more = "") => `[agents.${name}]\nbase_url = "http://m:1"\n${more}`;
  const factory = makeFactory(env, {
    bar: `${project("bar", 'image = "acme/bar:1"\n')}${bot("b")}${bot("own", 'image = "acme/own:1"\n')}`,
    plain: `${project("plain", "")}${bot("p")}`,
    shop: `${project("shop", 'image = "acme/shop:1"\n')}${bot("s")}`,
  });

  const images = factory.bots.map((one) => [one.name, deriveImage(one, factory)]);

  expect(Object.fromEntries(images)).toEqual({
    b: "acme/bar:1",
    own: "acme/own:1",
    p: "disinto-agents:0.1.0",
    s: "acme/shop:1",
  });
});

test("each bot is told of its own projects only", () => {
  const bot = (name: string) => `[agents.${name}]\nbase_url = "http://m:1"\n`;
  const service = servicesOf("", {
    bar: `${project("bar", "")}${bot("b")}${bot("both")}`,
    shop: `${project("shop", "")}${bot("s")}${bot("both")}`,
  });

  const named = (name: string) => told(service(`agents-${name}`)).projects.map((one) => one.name);
  expect([named("b"), named("s"), named("both")]).toEqual([["bar"], ["shop"], ["bar", "shop"]]);
});

test("a service is told what a project says of its own, in one order, and nothing of the operator's commands", () => {
  const { projects } = makeFactory("", {
    bare: project("bare", ""),
    rich: project(
      "rich",
      'image = "acme/rich:1"\ntest_command = ["x"]\ntrusted_authors = ["eve"]\nprimary_branch = "trunk"\n',
    ),
  });

  const [bare = {}, rich = {}] = JSON.parse(formatProjects(projects)) as object[];

  const always = ["name", "repo", "primaryBranch", "ci", "limits", "trustedAuthors"];
  expect(Object.keys(bare)).toEqual(always);
  expect(Object.keys(rich)).toEqual(always);
  expect(rich).toMatchObject({ primaryBranch: "trunk", trustedAuthors: ["eve"] });
});

test("a list or section that a project leaves empty is not told, and one that it has is", () => {
  const [one] = makeFactory("", { shop: project("shop", "") }).projects;
  if (!one) throw new Error("no project");
  const keysOf = (more: object): readonly string[] =>
    Object.keys((JSON.parse(formatProjects([{ ...one, ...more }])) as [object])[0]);

  for (const value of [undefined, false, [], {}]) expect(keysOf({ x: value })).not.toContain("x");
  for (const value of [true, 0, "", "a", ["a"], { a: 1 }, null])
    if (value !== null) expect(keysOf({ x: value }).at(-1)).toBe("x");
  expect(keysOf({ y: 1, x: 1 }).slice(-2)).toEqual(["x", "y"]);
});
