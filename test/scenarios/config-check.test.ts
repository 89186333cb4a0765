import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "config-check-"));
  await mkdir(join(folder, "projects"));
});
afterEach(() => rm(folder, { recursive: true }));

async function configure(env: string, project: string): Promise<void> {
  await writeFile(join(folder, ".env"), env);
  await writeFile(join(folder, "projects/shop.toml"), project);
}

const external = 'repo = "acme/shop"\nci.provider = "external"\n';

test("while there is a problem every command tells all of them, exits 2 and writes nothing", async () => {
  await configure(
    "COMPOSE_FILE=x\nLLAMA_BOTS=a,A\n",
    `${external}[agents.ada]\nmodle = "x"\nbase_url = "http://m:1"\n`,
  );
  const before = await readdir(folder, { recursive: true });

  for (const command of ["config check", "plan", "generate", "up", "status", "doctor", "down"]) {
    const { exitCode, stderr } = await runCli(folder, command.split(" "));

    expect({ command, exitCode }).toEqual({ command, exitCode: 2 });
    for (const place of [".env:1:1  ", ".env:2:12  ", ".env:2:14  ", "projects/shop.toml:4:1  "])
      expect(stderr).toContain(place);
  }
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});

test("config check warns when no bot could approve what the others write", async () => {
  const env = "LLAMA_BASE_URL=http://m:1\nLLAMA_BOTS=a\n";
  await configure(env, external);
  const alone = await runCli(folder, ["config", "check"]);
  const asJson = await runCli(folder, ["config", "check", "--json"]);
  await configure(env, `${external}[agents.rex]\nroles = ["review"]\nbase_url = "http://m:1"\n`);
  const reviewed = await runCli(folder, ["config", "check"]);

  expect(alone.exitCode).toBe(0);
  expect(alone.stderr).toMatch(/^warning: no bot reviews, .*; disinto init adds one$/m);
  expect(JSON.parse(asJson.stdout)).toMatchObject({
    problems: [],
    warnings: [expect.stringContaining("no bot reviews")],
  });
  expect(reviewed.stderr).toBe("the configuration is valid\n");
});

test("the schema for editors is JSON, and config reference is the documentation", async () => {
  await configure("", external);

  const { stdout } = await runCli(folder, ["config", "schema"]);

  expect(JSON.parse(stdout)).toMatchObject({ title: "A project of a disinto factory" });
  expect((await runCli(folder, ["config", "reference"])).stdout).toMatch(/^# Configuration\n/);
});
