/**
 * Where a session lives beside its work folder: a home that is its folder's alone, the file for its result, and the mark
 * by which its processes are found, also by the runner that comes after one that was killed.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { endLeftovers, type Session as MarkedSession } from "./leftover-processes.ts";

const MAX_HOMES = 12;
const MAX_RESULT_BYTES = 1_000_000;

export interface SessionFolder {
  readonly home: string;
  readonly resultFile: string;
  readonly marked: MarkedSession;
  /** What every harness sees, whatever its agent; nothing of our own environment but the search path. */
  readonly env: Readonly<Record<string, string>>;
}

export async function openSessionFolder(opening: {
  readonly stateFolder: string;
  readonly folder: string;
  readonly pathVariable: string | undefined;
  /** Keep the home of the session before; else it starts from nothing. */
  readonly keepHome: boolean;
}): Promise<SessionFolder> {
  const { stateFolder, folder, pathVariable, keepHome } = opening;
  const homes = path.join(stateFolder, "homes");
  await mkdir(homes, { recursive: true });
  await endLeftoverSessions(stateFolder);
  const home = path.join(homes, nameOf(folder));
  if (!keepHome) await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await dropOldHomes(homes);
  const resultFile = path.join(stateFolder, "result.json");
  await rm(resultFile, { recursive: true, force: true });
  const marked = {
    mark: randomUUID(),
    folders: await Promise.all([realpath(folder), realpath(home)]),
  };
  await writeFile(markFileOf(stateFolder), JSON.stringify(marked));
  const env = {
    PATH: pathVariable ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: home,
    LANG: "C.UTF-8",
    DISINTO_RESULT: resultFile,
  };
  return { home, resultFile, marked, env };
}

export async function closeSessionFolder(
  stateFolder: string,
  { marked }: SessionFolder,
): Promise<void> {
  await endLeftovers(marked);
  await rm(markFileOf(stateFolder), { force: true });
}

/** Two projects may each have a folder of the same name. */
function nameOf(folder: string): string {
  const hash = createHash("sha256").update(folder).digest("hex");
  return `${path.basename(folder)}-${hash.slice(0, 8)}`;
}

function markFileOf(stateFolder: string): string {
  return path.join(stateFolder, "session");
}

/** What a session left running whose runner was killed. */
async function endLeftoverSessions(stateFolder: string): Promise<void> {
  const text = await readFile(markFileOf(stateFolder), "utf8").catch(() => "");
  const forgotten = parse(text) as Partial<MarkedSession> | undefined;
  if (!forgotten?.mark) return;
  await endLeftovers({ mark: forgotten.mark, folders: forgotten.folders ?? [] });
}

/** An agent's own session can be gone on with as long as its home is there. */
async function dropOldHomes(homes: string): Promise<void> {
  const names = await readdir(homes);
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(path.join(homes, name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(MAX_HOMES);
  for (const { name } of old) await rm(path.join(homes, name), { recursive: true, force: true });
}

/** The JSON that the session left; undefined when there is none, or something else. */
export async function readResult(file: string): Promise<unknown> {
  const { size } = await stat(file).catch(() => ({ size: Number.POSITIVE_INFINITY }));
  return size > MAX_RESULT_BYTES ? undefined : parse(await readFile(file, "utf8"));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
