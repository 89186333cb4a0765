/** What is remembered between runs of `sync`: where each project's own repository is, and which rules are lifted. */
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import * as z from "zod/mini";
import { replaceFile } from "../config/atomic-file.ts";
import { DisintoError } from "../errors.ts";

const Originals = z.record(z.string(), z.string());
const Lifted = z.object({
  owner: z.string(),
  name: z.string(),
  branch: z.string(),
  protectedPaths: z.array(z.string()),
});

export type LiftedPaths = z.infer<typeof Lifted>;

const fileOf = (folder: string, name: string) => path.join(folder, ".disinto", name);

export async function readOriginal(folder: string, project: string): Promise<string | undefined> {
  return (await read(fileOf(folder, "originals.json"), Originals))?.[project];
}

export async function rememberOriginal(
  folder: string,
  project: string,
  original: string,
): Promise<void> {
  const file = fileOf(folder, "originals.json");
  const known = (await read(file, Originals)) ?? {};
  if (known[project] === original) return;
  await replaceFile(file, `${JSON.stringify({ ...known, [project]: original })}\n`, 0o600);
}

export function readLifted(folder: string): Promise<LiftedPaths | undefined> {
  return read(fileOf(folder, "lifted.json"), Lifted);
}

/** Written before anything is lifted, so that whoever comes next can restore it. */
export async function writeLifted(folder: string, lifted: LiftedPaths): Promise<void> {
  await replaceFile(fileOf(folder, "lifted.json"), `${JSON.stringify(lifted)}\n`, 0o600);
}

export async function removeLifted(folder: string): Promise<void> {
  await rm(fileOf(folder, "lifted.json"), { force: true });
}

async function read<T>(file: string, shape: z.ZodMiniType<T>): Promise<T | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    throw new DisintoError("state.invalid", `${file} is not what disinto wrote`, {
      hint: `remove it (rm ${file}), then run disinto init: it restores the branch's rules`,
      cause,
    });
  }
}
