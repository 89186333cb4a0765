import { mkdir, mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { loadFactory } from "../config/load.ts";
import type { Repositories } from "../ports/repositories.ts";
import { deriveDeclaration, writeDeclaration, writeProjectSchema } from "./project-declaration.ts";

async function declare(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "declare-"));
  const repository = join(folder, "Greeter");
  await mkdir(join(repository, ".woodpecker"), { recursive: true });
  await writeFile(join(repository, ".woodpecker/test.yml"), "");
  await writeFile(join(folder, ".env"), "");
  const repositories = { currentBranch: async () => "trunk" } as unknown as Repositories;
  const declaration = await deriveDeclaration({ repositories }, { folder, repository });
  if (!declaration) throw new Error("nothing to declare");
  await writeDeclaration(folder, declaration);
  await writeProjectSchema(folder);
  return folder;
}

test("a project that init declares can be loaded, and names the schema that init writes", async () => {
  const folder = await declare();

  const text = await readFile(join(folder, "projects/greeter.toml"), "utf8");
  expect(text).toMatchInlineSnapshot(`
    "#:schema ../.disinto/project.schema.json
    repo = "disinto-admin/greeter"
    primary_branch = "trunk"

    [ci]
    required = ["ci/local/test"]
    "
  `);
  const { factory } = await loadFactory(folder, "0.1.0");
  expect(factory.projects).toMatchObject([{ name: "greeter", primaryBranch: "trunk" }]);
  const [, named = ""] = /^#:schema (.*)$/m.exec(text) ?? [];
  const schema = JSON.parse(await readFile(resolve(folder, "projects", named), "utf8"));
  expect(schema).toMatchObject({ required: ["repo"], properties: { repo: { type: "string" } } });
});

test("a schema that is up to date is not touched", async () => {
  const folder = await declare();
  const modified = async () => (await stat(join(folder, ".disinto/project.schema.json"))).mtimeMs;
  const before = await modified();

  await writeProjectSchema(folder);

  expect(await modified()).toBe(before);
});
