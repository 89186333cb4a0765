import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { removeTree } from "./remove-tree.ts";

const NOBODY = 65534;

/** As Go leaves its module cache: nothing in it may be written. */
async function makeModuleCache(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), "disinto-cache-"));
  const folder = path.join(root, "mod/example.com/module@v1");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "go.mod"), "module example.com/module\n");
  await symlink("/etc/hostname", path.join(folder, "link"));
  await chmod(path.join(folder, "go.mod"), 0o444);
  for (const one of [folder, path.dirname(folder), path.join(root, "mod")]) await chmod(one, 0o555);
  return root;
}

test("a module cache without write rights is removed, and what its links name stays", async () => {
  const root = await makeModuleCache();
  const isRoot = process.getuid?.() === 0;
  // Root may write anywhere: it is seen to work as somebody else.
  if (isRoot) await promisify(execFile)("chown", ["-hR", String(NOBODY), root]);

  if (isRoot) process.seteuid?.(NOBODY);
  await removeTree(root).finally(() => isRoot && process.seteuid?.(0));

  await expect(stat(root)).rejects.toMatchObject({ code: "ENOENT" });
  expect((await stat("/etc/hostname")).isFile()).toBe(true);
});
