/** Submodules and Git LFS, on a real forge: what the session finds, what it is told, and what people are told before it. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { announcedUrl } from "../../../test/support/bot-defaults.ts";
import { BotFixture, nodeScript, statesOf } from "../../../test/support/bot-fixture.ts";
import { until } from "../../../test/support/test-factory.ts";

let bench: BotFixture;
let work: string;

beforeAll(async () => {
  bench = await BotFixture.open();
  for (const name of ["lib", "deep"]) {
    await bench.forge.admin("POST", "/user/repos", { name, auto_init: true, private: true });
    await bench.forge.admin("PUT", `/repos/root/${name}/collaborators/bot`, {
      permission: "write",
    });
  }
});

beforeEach(async () => {
  await bench.newRepository();
  work = await clone(bench.remote);
});

afterAll(() => bench.close());

async function clone(url: string): Promise<string> {
  const folder = await mkdtemp(path.join(bench.folder, "clone-"));
  await bench.git(["clone", "--quiet", "--template=", url, folder]);
  return folder;
}

interface Change {
  readonly files?: Readonly<Record<string, string>>;
  readonly modules?: Readonly<Record<string, { readonly url: string; readonly sha: string }>>;
}

/** Pushed to the primary branch; answers the commit. */
async function commit(folder: string, { files = {}, modules = {} }: Change): Promise<string> {
  const sections = Object.entries(modules).map(
    ([name, { url }]) => `[submodule "${name}"]\n\tpath = ${name}\n\turl = ${url}\n`,
  );
  const all = { ...files, ...(sections.length > 0 && { ".gitmodules": sections.join("") }) };
  for (const [name, text] of Object.entries(all)) await writeFile(path.join(folder, name), text);
  const git = (...args: string[]) =>
    bench.git(["-c", "user.name=ada", "-c", "user.email=ada@x", ...args], folder);
  await git("add", "--all");
  for (const [name, { sha }] of Object.entries(modules))
    await git("update-index", "--add", "--cacheinfo", `160000,${sha},${name}`);
  await git("commit", "--quiet", "-m", "by hand");
  await git("push", "--quiet", "origin", "HEAD:main");
  return (await git("rev-parse", "HEAD")).trim();
}

const elsewhere = "git@example.org:x/y.git";
const gone = "1".repeat(40);

/** Writes down what it found and was told, and changes a file of a submodule. */
const curious = nodeScript(`
  const read = (name) => fs.existsSync(name) ? fs.readFileSync(name, "utf8") : "none";
  fs.writeFileSync("seen.txt", [read("lib/lib.txt"), read("lib/deep/deep.txt"), fs.readdirSync("other").length].join());
  fs.writeFileSync("told.txt", prompt);
  fs.writeFileSync("lib/lib.txt", "changed");
`);

test("submodules of the forge, by whatever address, are there to be read, theirs too; of others people and the agent are told", async () => {
  const deep = await clone(`${bench.forge.url}/root/deep.git`);
  const deepSha = await commit(deep, { files: { "deep.txt": "deep" } });
  const lib = await clone(`${bench.forge.url}/root/lib.git`);
  const inLib = { deep: { url: `${announcedUrl}/root/deep.git`, sha: deepSha } };
  const libSha = await commit(lib, { files: { "lib.txt": "lib" }, modules: inLib });
  await commit(lib, { files: { "lib.txt": "newer" } });
  const modules = {
    lib: { url: "../lib.git", sha: libSha },
    other: { url: elsewhere, sha: gone },
  };
  await commit(work, { modules });
  const number = await bench.issue("tea");

  const bot = bench.start({ once: true, command: curious });
  await until("it is published", async () => statesOf(bot).includes("reviewing"));

  expect(await bench.fileOn(`fix/issue-${number}`, "seen.txt")).toBe("lib,deep,0");
  const told = await bench.fileOn(`fix/issue-${number}`, "told.txt");
  expect(told).toContain("no part of the change: lib, lib/deep");
  expect(told).toContain(`- other: ${elsewhere} is no address`);
  expect(await bench.commentsOf(number)).toEqual([expect.stringContaining("- other:")]);
  const [pull] = await bench.pulls();
  const changed = (await bench.get(`/pulls/${pull?.number}/files`)) as unknown as {
    filename: string;
  }[];
  expect(changed.map(({ filename }) => filename)).toEqual(["seen.txt", "told.txt"]);
});

test("what an issue's own change writes into .gitmodules fetches nothing", async () => {
  await bench.issue("tea");
  const adding = nodeScript(
    `fs.writeFileSync(".gitmodules", '[submodule "lib"]\\n\\tpath = lib\\n\\turl = ../lib.git\\n');`,
  );
  const bot = bench.start({ once: true, command: adding });
  await until("it is published", async () => statesOf(bot).includes("reviewing"));

  const config = path.join(bench.home(), "repos", "dev", "root");
  const { stdout } = await import("../../adapters/process.ts").then(({ run }) =>
    run(["find", config, "-path", "*refs/submodules*"]),
  );
  expect(stdout).toBe("");
});

test("a repository with Git LFS: people are told before the session, and a file in a pointer's place ends in no commit", async () => {
  await commit(work, {
    files: { ".gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text\n" },
  });
  const number = await bench.issue("tea");
  const told = path.join(bench.folder, "told");
  const painting = nodeScript(`
    fs.writeFileSync(${JSON.stringify(told)}, prompt);
    fs.writeFileSync("art.psd", "paint");
  `);
  const bot = bench.start({ once: true, command: painting });
  await bot.ended;

  expect(await readFile(told, "utf8")).toContain("cannot be stored here: art.psd");
  const comments = await bench.commentsOf(number);
  expect(comments.map((text) => text.split(/[,.]/)[0])).toEqual([
    "This repository keeps files in Git LFS",
    expect.stringContaining("attempts"),
  ]);
  expect(await bench.pulls()).toEqual([]);
});
