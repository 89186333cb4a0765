import { expect, test } from "vitest";
import { DisintoError } from "../errors.ts";
import type { Job } from "../ports/one-shots.ts";
import { checkRepositories } from "./doctor-repositories.ts";

const project = {
  name: "shop",
  repo: { owner: "ada", name: "shop" },
  network: { allow: ["*.ok.org"] },
  primaryBranch: "main",
  ci: { provider: "local" },
};
const nothing = { lfs: [], submodules: [] };

function fleet(branches: readonly string[], settings: object = {}, seen: object = nothing) {
  return {
    factory: {
      projects: [{ ...project, ...settings }],
      bots: [{ name: "dev", forgeUser: "dev", projects: ["shop"] }],
      forge: { url: "http://forge" },
      engine: "compose",
      images: { agents: "agents:1" },
    },
    containers: { project: "disinto" },
    oneShots: {
      run: async ({ image, argv }: Job) => {
        const lacks = image === "agents:1" ? ["go", "cargo"] : [];
        const missing = lacks.filter((one) => argv.includes(one));
        return { exitCode: 0, lastLines: missing.map((one) => `missing ${one}`).join("\n") };
      },
    },
    environment: new Map([["FORGE_TOKEN_DEV", "token"]]),
    repositories: {
      branches: async ({ url }: { url: string }) => {
        if (url.includes("gone")) throw new DisintoError("git.failed", "not there");
        return branches.map((name) => (name.startsWith("refs/") ? name : `refs/heads/${name}`));
      },
      cloneDefaultBranch: async () => undefined,
      describe: async () => ({ branch: "main", ...seen }),
    },
  } as unknown as Parameters<typeof checkRepositories>[0];
}

test("a repository without content, or without its primary branch, is named with the command that helps", async () => {
  expect(await checkRepositories(fleet([]))).toMatchObject([
    {
      verdict: "bad",
      message: "shop: its repository on the forge is empty",
      hint: "bring yours there: disinto init FOLDER",
    },
  ]);
  expect(await checkRepositories(fleet(["trunk"]))).toMatchObject([
    { verdict: "bad", message: "shop: its repository on the forge has no branch main" },
  ]);
});

test("a branch that leaves bots' branches no room is named, with both ways out", async () => {
  const [finding] = await checkRepositories(fleet(["main", "fix"]));

  expect(finding).toMatchObject({
    verdict: "bad",
    message: "shop: the branch fix is where fix/issue-1 would have to be",
    hint: "rename that branch, or set branch_prefix in projects/shop.toml",
  });
  expect(await checkRepositories(fleet(["main", "fix/issue-3/idea"]))).toMatchObject([
    { verdict: "good" },
    {
      verdict: "note",
      message: "shop: fix/issue-3/idea stand where the branches of these issues would have to be",
    },
  ]);
  expect(await checkRepositories(fleet(["main", "fix"], { branchPrefix: "bots/" }))).toMatchObject([
    { verdict: "good", message: "shop has room for bots/1" },
  ]);
});

test("a tag that has a branch's name is named, and any other is nobody's matter", async () => {
  const tags = ["main", "fix/issue-12", "v1", "fix/issue-next"].map((name) => `refs/tags/${name}`);

  expect(await checkRepositories(fleet(["main", ...tags]))).toMatchObject([
    { verdict: "good" },
    {
      verdict: "note",
      message: expect.stringContaining("a branch and a tag share a name (main, fix/issue-12)"),
    },
  ]);
});

test("Git LFS, and submodules that nobody could fetch, are told before a session is paid for", async () => {
  const sha = "1".repeat(40);
  const submodules = [
    { path: "a", url: "../there.git", sha },
    { path: "b", url: "../gone.git", sha },
    { path: "c", url: "https://x.ok.org/c", sha },
    { path: "d d", url: "https://other.org/d", sha },
    { path: "e", url: "git@ok.org:e", sha },
  ];
  const found = await checkRepositories(
    fleet(["main"], {}, { lfs: [".gitattributes"], submodules }),
  );

  expect(found.map(({ verdict, message }) => `${verdict}: ${message}`)).toMatchInlineSnapshot(`
    [
      "good: shop has room for fix/issue-1",
      "note: shop keeps files in Git LFS (.gitattributes): bots see their pointers, and no change of such a file is taken",
      "note: shop: the submodule "d d" is fetched neither for bots nor for the local CI: other.org is neither the forge nor named in [network] allow",
      "note: shop: the submodule e is fetched neither for bots nor for the local CI: git@ok.org:e is no address that begins with http:// or https://",
      "note: shop: the submodule b is fetched neither for bots nor for the local CI: the forge has no ../gone.git that can be read",
    ]
  `);
});

test("what the local CI would refuse is told by file and key, and nothing of it where Woodpecker runs them", async () => {
  const text = "services: []\nsteps:\n  - image: x\n    commands: [a]\n";
  const workflowFiles = [{ path: ".woodpecker/test.yml", text }];
  const seen = { ...nothing, workflowFiles };
  const messages = async (settings: object) =>
    (await checkRepositories(fleet(["main"], settings, seen))).map(({ message }) => message);

  expect(await messages({})).toContain(
    "shop: the local CI does not run .woodpecker/test.yml: services: not supported by the local CI",
  );
  expect(await messages({ ci: { provider: "woodpecker" } })).toHaveLength(1);
});

test("what the image of a step would have and the local CI has not is told, and nothing where Woodpecker starts it", async () => {
  const step = (image: string) => `  - image: ${image}\n    commands: [a]\n`;
  const images = ["golang:1.26", "node:22", "docker.io/library/alpine", "acme/tools:3"];
  const text = `steps:\n${images.map(step).join("")}`;
  const workflowFiles = [{ path: ".woodpecker/test.yml", text }];
  const seen = { ...nothing, workflowFiles };
  const messages = async (settings: object) =>
    (await checkRepositories(fleet(["main"], settings, seen))).map(({ message }) => message);

  const names = (image: string) =>
    `shop: .woodpecker/test.yml names the image ${image}, which the local CI does not start:`;
  expect((await messages({})).slice(1)).toEqual([
    `${names("golang:1.26")} go is not installed in agents:1`,
    `${names("acme/tools:3")} its steps run with what is installed in agents:1`,
  ]);
  expect(await messages({ ci: { provider: "woodpecker" } })).toHaveLength(1);
});

test("a secret without a value is told, and one that any change could read", async () => {
  const messages = async (provider: string, secrets: object) =>
    (await checkRepositories(fleet(["main"], { ci: { provider, secrets } })))
      .slice(1)
      .map(({ message }) => message);
  const absent = "shop: no step gets the secret key: .env has no CI_SECRET_SHOP__KEY";
  const shown = (events: string) =>
    `shop: bots can read the secret key: steps of ${events} are whatever a change says`;

  expect(await messages("woodpecker", { key: ["tag"] })).toEqual([absent]);
  expect(await messages("woodpecker", { key: ["push", "tag"] })).toEqual([absent, shown("push")]);
  expect(await messages("local", { key: ["push"] })).toEqual([absent]);
  expect(await messages("local", { key: ["pull_request"] })).toEqual([
    absent,
    shown("pull_request"),
  ]);
});
