import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkFactory, loadFactory } from "./load.ts";
import { formatProblem } from "./problem.ts";

test("files that cannot be read as text are problems, and nothing is loaded", async () => {
  const folder = await mkdtemp(join(tmpdir(), "config-"));
  await mkdir(join(folder, "projects/folder.toml"), { recursive: true });
  await writeFile(join(folder, "projects/latin.toml"), Buffer.from('repo = "caf\xe9"', "latin1"));
  await writeFile(join(folder, ".env"), Buffer.from([0x41, 0x3d, 0xff]));

  const { loaded, problems } = await checkFactory(folder, "0.1.0");

  expect(loaded).toBeUndefined();
  expect(problems.map(formatProblem).join("\n")).toMatchInlineSnapshot(`
    ".env:1:1  the file is not UTF-8
      hint: save it as UTF-8 text
    projects/folder.toml:1:1  the file cannot be read (EISDIR)
      hint: put a file in the folder's place
    projects/latin.toml:1:1  the file is not UTF-8
      hint: save it as UTF-8 text"
  `);
});

test("a folder without configuration is no factory", async () => {
  const folder = await mkdtemp(join(tmpdir(), "config-"));

  await expect(loadFactory(folder, "0.1.0")).rejects.toMatchObject({ code: "config.missing" });
});
