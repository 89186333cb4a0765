/** After all tests: the answers of the forges that the built command line ran, held against Forgejo's description. */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { differences, type Exchange, whyNotCompared } from "../forge-contract/description.ts";
import { answersFolder, templatesFolder } from "./folders.ts";

export async function setup(): Promise<void> {
  await rm(answersFolder, { recursive: true, force: true });
  await mkdir(answersFolder, { recursive: true });
}

export async function teardown(): Promise<void> {
  const exchanges = await readAll();
  for (const folder of [answersFolder, templatesFolder])
    await rm(folder, { recursive: true, force: true });
  if (exchanges.length === 0) return;
  const found = new Set(exchanges.flatMap(differences));
  const outcome = whyNotCompared ?? `held against Forgejo's description: ${found.size} differ`;
  process.stdout.write(
    `${exchanges.length} answers of the built command line's forges ${outcome}\n`,
  );
  if (found.size === 0) return;
  process.exitCode = 1;
  throw new Error([...found].slice(0, 20).join("\n"));
}

async function readAll(): Promise<Exchange[]> {
  const files = await readdir(answersFolder);
  const texts = await Promise.all(files.map((file) => readFile(join(answersFolder, file), "utf8")));
  return texts.flatMap((text) => text.split("\n")).flatMap(parse);
}

/** The last line of a forge that was killed may be cut. */
function parse(line: string): Exchange[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as Exchange];
  } catch {
    return [];
  }
}
