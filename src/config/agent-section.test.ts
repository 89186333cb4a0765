import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { chooseProjectFile, removeAgentSection, writeAgentSection } from "./agent-section.ts";
import { removeLlamaBot } from "./llama-bots.ts";

let folder: string;

const shop =
  '# ours\nrepo = "acme/shop" # here\n\n[agents.bob]\nroles = ["review"]\nharness = "command"\ncommand = ["/bin/r"]\n';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-section-"));
  await mkdir(join(folder, "projects"));
  await write("projects/shop.toml", shop);
});

afterEach(() => rm(folder, { recursive: true }));

function write(file: string, text: string): Promise<void> {
  return writeFile(join(folder, file), text);
}

function read(file: string): Promise<string> {
  return readFile(join(folder, file), "utf8");
}

const command = { roles: ["dev"], harness: "command", command: ["/bin/c"] };

function hire(name: string, settings: Parameters<typeof writeAgentSection>[0]["settings"]) {
  return writeAgentSection({ folder, version: "0", name, settings }, ["projects/shop.toml"]);
}

test("a section that is written and removed again leaves every byte as it was", async () => {
  await hire("ada", command);
  expect(await read("projects/shop.toml")).toBe(
    `${shop}\n[agents.ada]\nroles = ["dev"]\nharness = "command"\ncommand = ["/bin/c"]\n`,
  );

  expect(await removeAgentSection(folder, "ada")).toEqual(["projects/shop.toml"]);

  expect(await read("projects/shop.toml")).toBe(shop);
});

test("a value that stands there already is not written anew", async () => {
  await hire("bob", { roles: ["review"], command: ["/bin/r"] });

  expect(await read("projects/shop.toml")).toBe(shop);
});

test("what would be a bad configuration is not written", async () => {
  await expect(hire("ada", { ...command, forge_user: "bob" })).rejects.toMatchObject({
    code: "config.invalid",
  });
  await expect(hire("Ada", command)).rejects.toMatchObject({ code: "usage.invalid" });

  expect(await read("projects/shop.toml")).toBe(shop);
});

test("of several projects one must be named", async () => {
  await write("projects/other.toml", 'name = "second"\nrepo = "acme/other"\n');

  expect(await chooseProjectFile(folder, "second")).toBe("projects/other.toml");
  await expect(chooseProjectFile(folder, undefined)).rejects.toMatchObject({
    hint: "name one with --project: second, shop",
  });
  await expect(chooseProjectFile(folder, "third")).rejects.toMatchObject({ code: "usage.invalid" });
});

test.each([
  ['LLAMA_BOTS="a, b  c" # three\n', "b", "LLAMA_BOTS='a, c' # three\n"],
  ['LLAMA_BOTS="a, b  c"\n', "c", "LLAMA_BOTS='a, b'\n"],
  ["LLAMA_BOTS=a\n", "a", "LLAMA_BOTS=''\n"],
  ["LLAMA_BOTS=dev-a2,dev-a\n", "dev-a", "LLAMA_BOTS=dev-a2\n"],
  ["LLAMA_BOTS=dev-a2\n", "dev-a", "LLAMA_BOTS=dev-a2\n"],
  ["ENABLE_LLAMA_AGENT=1\n", "dev-qwen", "ENABLE_LLAMA_AGENT=0\n"],
])("%j without %s is %j", async (before, name, after) => {
  await write(".env", before);

  await removeLlamaBot(folder, name);

  expect(await read(".env")).toBe(after);
});
