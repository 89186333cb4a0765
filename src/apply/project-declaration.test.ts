import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { loadFactory } from "../config/load.ts";
import type { CiChoice } from "./ci-choice.ts";
import { declareProject, writeDeclaration, writeProjectSchema } from "./project-declaration.ts";

const described = {
  branch: "trunk",
  isShallow: false,
  branches: ["refs/heads/trunk", "refs/heads/fix/issue-3"],
  workflows: ["README.md", "test.yml"],
  names: [".woodpecker", "README.md"],
  lfs: [],
  submodules: [],
};
const local = { provider: "local", login: "ci" } as const;
const declaration = declareProject({ owner: "disinto-admin", name: "Greeter" }, described, {
  ci: local,
});

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
    { ci: local },
  );

  expect(text).toContain('branch_prefix = "bots/issue-"');
});

test("registries that the repository's files speak for are offered, and none is allowed", async () => {
  const names = ["Cargo.toml", "package-lock.json", "package.json", "requirements-dev.txt"];
  const { text } = declareProject(
    { owner: "disinto-admin", name: "Greeter" },
    { ...described, names },
    { ci: local },
  );

  expect(text.slice(text.indexOf("[network]"))).toMatchInlineSnapshot(`
    "[network]
    # Sessions and runs of the CI reach no registry. For package.json, requirements-dev.txt, Cargo.toml, take out the # of the next line:
    # allow = ["npm","pypi","crates"]
    "
  `);
  expect(text.replace("# allow", "allow")).toContain('\nallow = ["npm","pypi","crates"]\n');
});

test("what the operator allows stands there, and that nothing is allowed does too", () => {
  const repo = { owner: "disinto-admin", name: "Greeter" };
  const names = ["package.json"];
  const network = (allow: readonly string[]) => {
    const { text } = declareProject(repo, { ...described, names }, { ci: local, allow });
    return text.slice(text.indexOf("[network]"));
  };

  expect(network(["npm", "registry.example.org"])).toBe(
    '[network]\nallow = ["npm","registry.example.org"]\n',
  );
  expect(network([])).toBe("[network]\nallow = []\n");
});

test("a repository without a workflow has what the operator decided of it in its file", () => {
  const bare = { ...described, workflows: ["README.md"], names: ["go.mod"] };
  const ciOf = (choice?: CiChoice) => {
    const { text } = declareProject({ owner: "ada", name: "Shop" }, bare, { ci: local, choice });
    return [...text.matchAll(/^(?:required|when_absent) = .*$/gm)].flat();
  };

  expect(ciOf("write")).toEqual(['required = ["ci/local/test"]']);
  expect(ciOf("block")).toEqual(["required = []", 'when_absent = "block"']);
  expect(ciOf("pass")).toEqual(["required = []", 'when_absent = "pass"']);
  expect(ciOf()).toEqual(["required = []"]);
});

test("a project with Woodpecker says so, whose statuses count, and which", () => {
  const when = "when:\n  - event: pull_request\nsteps: []\n";
  const workflowFiles = [{ path: ".woodpecker/test.yml", text: when }];
  const ci = { provider: "woodpecker", login: "nice-ci" } as const;
  const { text } = declareProject(
    { owner: "ada", name: "Shop" },
    { ...described, workflowFiles },
    { ci },
  );

  expect(text.slice(text.indexOf("[ci]"))).toMatchInlineSnapshot(`
    "[ci]
    provider = "woodpecker"
    required = ["ci/woodpecker/pr/test"]
    login = "nice-ci"
    "
  `);
});

test("an operator who has no access of their own to the repository is trusted by name", () => {
  const { text } = declareProject({ owner: "ada", name: "Shop" }, described, {
    ci: local,
    trusted: "boss",
  });

  expect(text).toContain('\ntrusted_authors = ["boss"]\n');
});
