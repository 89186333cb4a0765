import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

const value = "sk-$(whoami)'\"\\ end";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "disinto-secrets-"));
  await writeFile(
    join(folder, ".env"),
    "# mine\nLLAMA_BOTS=ada   # one bot\nOLD_TOKEN=old-value\n",
  );
});

afterEach(() => rm(folder, { recursive: true }));

test("a value set from standard input comes back byte for byte, and every other byte stays", async () => {
  const set = await runCli(folder, ["secrets", "set", "LLAMA_API_KEY"], { input: `${value}\n` });
  const got = await runCli(folder, ["secrets", "get", "LLAMA_API_KEY"]);

  expect(set).toMatchObject({ exitCode: 0, stdout: "" });
  expect(got).toEqual({ exitCode: 0, stdout: `${value}\n`, stderr: "" });
  const text = await readFile(join(folder, ".env"), "utf8");
  expect(text.startsWith("# mine\nLLAMA_BOTS=ada   # one bot\nOLD_TOKEN=old-value\n")).toBe(true);
  expect((await stat(join(folder, ".env"))).mode & 0o777).toBe(0o600);
});

test("the list has names and no value", async () => {
  const text = await runCli(folder, ["secrets", "list"]);
  const json = await runCli(folder, ["secrets", "list", "--json"]);

  expect(text).toEqual({ exitCode: 0, stdout: "OLD_TOKEN\n", stderr: "" });
  expect(JSON.parse(json.stdout)).toEqual({ secrets: [{ name: "OLD_TOKEN", set: true }] });
});

test("a removed secret is gone from .env, and asking for it is a usage error", async () => {
  expect((await runCli(folder, ["secrets", "remove", "OLD_TOKEN"])).exitCode).toBe(0);

  expect(await readFile(join(folder, ".env"), "utf8")).toBe("# mine\nLLAMA_BOTS=ada   # one bot\n");
  expect((await runCli(folder, ["secrets", "get", "OLD_TOKEN"])).exitCode).toBe(2);
  expect((await runCli(folder, ["secrets", "remove", "OLD_TOKEN"])).exitCode).toBe(2);
});

test("a value is refused as an argument and never repeated, nor are settings taken for secrets", async () => {
  const asArgument = await runCli(folder, ["secrets", "set", "OLD_TOKEN", "old-value"]);
  const setting = await runCli(folder, ["secrets", "set", "LLAMA_BOTS"], { input: "x" });
  const nothing = await runCli(folder, ["secrets", "set", "OLD_TOKEN"], { input: "\n" });

  expect([asArgument.exitCode, setting.exitCode, nothing.exitCode]).toEqual([2, 2, 2]);
  expect(asArgument.stderr).not.toContain("old-value");
  expect(await readFile(join(folder, ".env"), "utf8")).toContain("OLD_TOKEN=old-value\n");
});

test("a secret of a project's CI is set by its own name, once the project's file declares it", async () => {
  await writeFile(join(folder, ".env"), "DISINTO_ENGINE=local\n");
  await mkdir(join(folder, "projects"));
  await writeFile(
    join(folder, "projects", "shop.toml"),
    'repo = "acme/shop"\n[ci.secrets]\nnpm_token = ["tag"]\n',
  );
  const set = (name: string) =>
    runCli(folder, ["secrets", "set", name, "--project", "shop"], { input: `${value}\n` });

  expect(await set("npm_token")).toMatchObject({ exitCode: 0, stdout: "" });
  const got = await runCli(folder, ["secrets", "get", "CI_SECRET_SHOP__NPM_TOKEN"]);
  expect(got.stdout).toBe(`${value}\n`);

  const undeclared = await set("other");
  expect(undeclared.exitCode).toBe(2);
  expect(undeclared.stderr).toContain('add under [ci.secrets]: other = ["tag"]');
});

test("a secret that stands in the wrong place is in no message about it", async () => {
  await mkdir(join(folder, "projects"));
  await writeFile(
    join(folder, "projects/x.toml"),
    'repo = "a/b"\n[agents.old-value]\nharness = "old-value"\n',
  );

  const { exitCode, stdout, stderr } = await runCli(folder, ["config", "check"]);
  const json = await runCli(folder, ["config", "check", "--json"]);

  expect(exitCode).toBe(2);
  expect(stdout + stderr + json.stdout + json.stderr).not.toContain("old-value");
  expect(stderr).toContain("agents.[OLD_TOKEN]");
});
