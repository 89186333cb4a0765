import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { loadFactory } from "../config/load.ts";
import { declareProject, writeDeclaration, writeProjectSchema } from "./project-declaration.ts";

const factory = { ci: { login: "ci" } };
const described = {
  branch: "trunk",
  isShallow: false,
  branches: ["refs/heads/trunk", "refs/heads/fix/issue-3"],
  workflows: ["README.md", "test.yml"],
  names: [".woodpecker", "README.md"],
  lfs: [],
  submodules: [],
};
const declaration = declareProject({ owner: "disinto-admin", name: "Greeter" }, described, factory);

async function declare(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "declare-"));
  await writeFile(join(folder, ".env"), "");
  await writeDeclaration(folder, declaration);
  await writeProjectSchema(folder);
  return folder;
}

test("a project that init declares can be loaded, and names the schema that init writes", async () => {
  const folder = await declare();

  const text = await readFile(join(folder, "projects/greeter.toml"), "utf8");
  expect(text).toMatchInlineSnapshot(`
    "#:schema ../.disinto/project.schema.json
    repo = "disinto-admin/Greeter"
    primary_branch = "trunk"

    [ci]
    required = ["ci/local/test"]
    login = "ci"
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

test("a file of that name is never overwritten", async () => {
  const folder = await declare();

  await expect(writeDeclaration(folder, { ...declaration, text: "" })).rejects.toMatchObject({
    code: "usage.invalid",
  });

  expect(await readFile(join(folder, "projects/greeter.toml"), "utf8")).toBe(declaration.text);
});

test("a repository with a branch where bots' branches would have to be gets another prefix for them", async () => {
  const branches = [...described.branches.slice(0, 1), "refs/heads/fix"];
  const { text } = declareProject(
    { owner: "ada", name: "Shop" },
    { ...described, branches },
    factory,
  );

  expect(text).toContain('branch_prefix = "bots/issue-"');
});

test("registries that the repository's files speak for are offered, and none is allowed", async () => {
  const names = ["Cargo.toml", "package-lock.json", "package.json", "requirements-dev.txt"];
  const { text } = declareProject(
    { owner: "disinto-admin", name: "Greeter" },
    { ...described, names },
    factory,
  );

  expect(text.slice(text.indexOf("[network]"))).toMatchInlineSnapshot(`
    "[network]
    # Sessions and runs of the CI reach no registry. For package.json, requirements-dev.txt, Cargo.toml, take out the # of the next line:
    # allow = ["npm","pypi","crates"]
    "
  `);
  expect(text.replace("# allow", "allow")).toContain('\nallow = ["npm","pypi","crates"]\n');
});
