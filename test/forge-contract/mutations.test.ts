/** A row that cannot fail promises nothing: for each, the embedded forge is broken in its place and the row must notice. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAccount } from "../../src/forge/users/admin.ts";
import { comparesNothing } from "../answers/every-answer.ts";
import { type Built, buildForge } from "./built-forge.ts";
import { allRows } from "./contract.ts";
import type { Mutation } from "./row.ts";
import { adminPassword } from "./test-forge.ts";
import { World } from "./world.ts";

let built: Built;

beforeAll(async () => {
  comparesNothing();
  built = await buildForge();
});

afterAll(async () => {
  await built.remove();
});

describe.concurrent("breaking it is noticed", () => {
  test.each(allRows)("$says", async ({ mutation, check }) => {
    await withBroken(mutation, async (world) => {
      await expect(check(world)).rejects.toThrow();
    });
  });
});

test("every row has a place of its own to break and a source to lean on", () => {
  const places = allRows.map(({ mutation }) => `${mutation.file}:${mutation.find}`);
  expect(new Set(allRows.map(({ says }) => says)).size).toBe(allRows.length);
  expect(new Set(places).size).toBe(places.length);
  for (const { source } of allRows) expect(source).toMatch(/\.go|\(1\)/);
});

interface Served {
  startForge(options: object): Promise<{ url: string; close(): Promise<void> }>;
}

async function withBroken(mutation: Mutation, work: (world: World) => Promise<void>) {
  const broken = await mkdtemp(`${built.folder}-`);
  const folder = await mkdtemp(join(tmpdir(), "disinto-forge-"));
  try {
    await cp(built.folder, broken, { recursive: true });
    await mutate(join(broken, "forge", `${mutation.file}.js`), mutation);
    const url = pathToFileURL(join(broken, "forge/serve.js")).href;
    const { startForge } = (await import(/* @vite-ignore */ url)) as Served;
    await createAccount(folder, {
      username: "root",
      email: "root@example.com",
      admin: true,
      password: adminPassword,
    });
    const forge = await startForge({ folder, port: 0 });
    const account = { login: "root", password: adminPassword };
    const target = { url: forge.url, ...account, compare: false, patienceMs: 0 };
    await work(new World(target)).finally(() => forge.close());
  } finally {
    await rm(broken, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

async function mutate(file: string, { find, replace }: Mutation): Promise<void> {
  const text = await readFile(file, "utf8");
  const mutated = text.replace(find, () => replace);
  if (mutated === text) throw new Error(`${file} has no ${find}`);
  await writeFile(file, mutated);
}
