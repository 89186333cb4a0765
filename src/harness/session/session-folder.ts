/**
 * Where a session lives beside its work folder: a home that is its folder's alone, the file for its result, and the mark
 * by which its processes are found, also by the runner that comes after one that was killed.
 */
import { createHash, randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { unpackInto } from "../../adapters/session-user/archive.ts";
import type { SessionUser } from "../../adapters/session-user/session-user.ts";
import type { UserFiles } from "../../adapters/session-user/user-files.ts";
import type { ReadCache } from "../../ports/ci.ts";
import { endSession, type LeftoverSession as MarkedSession } from "./leftover-processes.ts";

const MAX_HOMES = 12;
const MAX_RESULT_BYTES = 1_000_000;

export interface SessionFolder {
  readonly home: string;
  readonly resultFile: string;
  readonly marked: MarkedSession;
  readonly user: SessionUser;
  /** What every harness sees, whatever its agent; nothing of our own environment but the search path. */
  readonly env: Readonly<Record<string, string>>;
}

export interface SessionFolderOptions {
  readonly stateFolder: string;
  readonly folder: string;
  readonly pathVariable: string | undefined;
  /** Keep the home of the session before; else it starts from nothing. */
  readonly keepHome: boolean;
  readonly user: SessionUser;
  /** Undefined where the CI lends none. */
  readonly cache: ReadCache | undefined;
}

/** Opens this home alone among those that are kept, so that no session finds anything of another issue's. */
export async function openSessionFolder(opening: SessionFolderOptions): Promise<SessionFolder> {
  const { stateFolder, folder, pathVariable, keepHome, user, cache } = opening;
  const { userFiles } = user;
  const homes = path.join(stateFolder, "homes");
  await mkdir(homes, { recursive: true });
  await endLeftoverSessions(stateFolder, user);
  const own = path.join(homes, nameOf(folder));
  const [home, resultFile] = [path.join(own, "home"), path.join(own, "result.json")];
  await userFiles.share(own);
  if (!keepHome || !(await isFolder(home))) {
    await userFiles.remove(home);
    await userFiles.make(home);
  }
  await userFiles.remove(resultFile);
  await userFiles.remove(cacheOf(home));
  if (cache) await fillCache(cacheOf(home), userFiles, cache);
  await dropOldHomes(homes, user);
  const marked = {
    mark: randomUUID(),
    folders: await Promise.all([realpath(folder), realpath(home)]),
  };
  await writeFile(markFileOf(stateFolder), JSON.stringify(marked), { mode: 0o600 });
  const env = {
    ...user.environment,
    PATH: pathVariable ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: home,
    LANG: "C.UTF-8",
    DISINTO_RESULT: resultFile,
    ...(cache && { CI_CACHE: cacheOf(home) }),
  };
  return { home, resultFile, marked, user, env };
}

/** Beside the home, shut with it. */
function cacheOf(home: string): string {
  return path.join(path.dirname(home), "cache");
}

/** A session can do without: what cannot be unpacked is nothing. */
async function fillCache(folder: string, userFiles: UserFiles, read: ReadCache): Promise<void> {
  await userFiles.make(folder);
  const archive = await read();
  if (!archive) return;
  await unpackInto(folder, userFiles, archive).catch(async () => {
    await userFiles.remove(folder);
    await userFiles.make(folder);
  });
}

async function isFolder(file: string): Promise<boolean> {
  const found = await lstat(file).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** Its result must have been read. */
export async function closeSessionFolder(
  stateFolder: string,
  { home, marked, user }: SessionFolder,
): Promise<void> {
  await endSession(marked, user);
  // What cannot be removed is shut with the home, and gone before the next session.
  await user.userFiles.remove(cacheOf(home)).catch(() => undefined);
  await user.userFiles.close(path.dirname(home));
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
async function endLeftoverSessions(stateFolder: string, user: SessionUser): Promise<void> {
  await user.clear();
  const text = await readFile(markFileOf(stateFolder), "utf8").catch(() => "");
  const forgotten = parse(text) as Partial<MarkedSession> | undefined;
  if (!forgotten?.mark) return;
  await endSession({ mark: forgotten.mark, folders: forgotten.folders ?? [] }, user);
}

/** An agent's own session can be gone on with as long as its home is there. */
async function dropOldHomes(homes: string, { userFiles }: SessionUser): Promise<void> {
  const names = await readdir(homes);
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(path.join(homes, name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(MAX_HOMES);
  for (const { name } of old) {
    // Shut as it is, its user could not get at what is in it.
    await userFiles.share(path.join(homes, name));
    for (const inner of await readdir(path.join(homes, name)))
      await userFiles.remove(path.join(homes, name, inner));
    await userFiles.remove(path.join(homes, name));
  }
}

/** The JSON that the session left; undefined when there is none, or something else. */
export async function readResult({ resultFile, user }: SessionFolder): Promise<unknown> {
  const text = await user.userFiles.read(resultFile, MAX_RESULT_BYTES);
  return text === undefined ? undefined : parse(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
