import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { replaceFile } from "./atomic-file.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atomic-"));
  path = join(folder, "file");
});
afterEach(() => rm(folder, { recursive: true }));

test("at every moment of a replacement the file is the old or the new one as a whole", async () => {
  const texts = ["a", "b"].map((letter) => letter.repeat(4_000_000));
  await replaceFile(path, texts[0] ?? "", 0o600);
  let isOver = false;
  const replacing = (async () => {
    for (let round = 1; round < 8; round += 1)
      await replaceFile(path, texts[round % 2] ?? "", 0o600);
  })().finally(() => {
    isOver = true;
  });

  let looks = 0;
  for (; !isOver; looks += 1) expect(texts.includes(await readFile(path, "utf8"))).toBe(true);

  await replacing;
  expect(looks).toBeGreaterThan(7);
});

test("what a killed run left beside the file is in nobody's way, and its mode is not inherited", async () => {
  await writeFile(path, "old", { mode: 0o600 });
  await writeFile(join(folder, ".file.disinto-new"), "half a te", { mode: 0o666 });

  await replaceFile(path, "new", 0o600);

  expect(await readFile(path, "utf8")).toBe("new");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["file"]);
});

test("a file that cannot be written stays as it was, and the failure says so", async () => {
  await writeFile(path, "old");

  await expect(replaceFile(join(path, "below"), "new", 0o600)).rejects.toMatchObject({
    code: "file.unwritable",
  });

  expect(await readFile(path, "utf8")).toBe("old");
});
