import { chmod, mkdir, mkdtemp, writeFile } from "node:fs/promises";
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
      hint: replace the folder by a file
    projects/latin.toml:1:1  the file is not UTF-8
      hint: save it as UTF-8 text"
  `);
});

/** Root may read everything, so it is put off for the while. */
async function asNobody<T>(act: () => Promise<T>): Promise<T> {
  const own = process.geteuid?.();
  if (own === 0) process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    if (own === 0) process.seteuid?.(0);
  }
}

test.each([".env", "projects", "projects/shop.toml"])(
  "%s that one may not read is a problem in its place",
  async (closed) => {
    const folder = await mkdtemp(join(tmpdir(), "config-"));
    await mkdir(join(folder, "projects"));
    await writeFile(join(folder, "projects/shop.toml"), 'repo = "acme/shop"\n');
    await writeFile(join(folder, ".env"), "LLAMA_BASE_URL=http://127.0.0.1:1\n");
    await chmod(folder, 0o755);
    await chmod(join(folder, closed), 0);

    const { loaded, problems } = await asNobody(() => checkFactory(folder, "0.1.0"));

    expect(loaded).toBeUndefined();
    expect(problems.map(formatProblem)).toEqual([
      `${closed}:1:1  the file cannot be read (EACCES)\n  hint: check its owner and mode`,
    ]);
  },
);

test("a folder without configuration is no factory", async () => {
  const folder = await mkdtemp(join(tmpdir(), "config-"));

  await expect(loadFactory(folder, "0.1.0")).rejects.toMatchObject({ code: "config.missing" });
});
