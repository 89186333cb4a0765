/**
 * A repository that somebody else made, read without running git in it: under its own configuration git would run programs
 * that it names (a promisor's upload-pack, hooks of submodules) and send credentials to its proxy. Its refs are copied into a
 * repository of ours that borrows its objects; everything else of it stays unread.
 */
import {
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DisintoError } from "../../errors.ts";
import { runOrThrow } from "../process.ts";
import { localGitEnvironment } from "./environment.ts";

const REF = /^(?:[0-9a-f]{40}|ref: refs\/heads\/[^\0-\x20\x7f~^:?*[\\]+)$/;
const MAX_REF_BYTES = 1_000;

/** What is read of it: refs below `common`, HEAD in `own`; the two differ in a linked work tree only. */
interface GitFolders {
  readonly own: string;
  readonly common: string;
}

/** Answers undefined where the folder is in no repository. */
export async function withForeign<Result>(
  folder: string,
  read: (bare: string) => Promise<Result>,
): Promise<Result | undefined> {
  const place = await locate(path.resolve(folder));
  if (!place) return undefined;
  const root = await mkdtemp(path.join(tmpdir(), "disinto-foreign-"));
  const bare = path.join(root, "repository.git");
  try {
    await runOrThrow(["git", "init", "--quiet", "--bare", "--template=", bare], {
      env: localGitEnvironment(),
    });
    await borrow(place, bare);
    return await read(bare);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The folder itself, or the nearest one above it that has a `.git`. */
export async function locate(folder: string): Promise<GitFolders | undefined> {
  await requireReadable(folder);
  if (await isRepository(folder)) return { own: folder, common: folder };
  for (let at = folder; ; at = path.dirname(at)) {
    const inside = path.join(at, ".git");
    const found = await lstat(inside).catch(() => undefined);
    const isWhole = found?.isDirectory() && (await isReadableRepository(inside));
    if (isWhole) return { own: inside, common: inside };
    if (found?.isFile()) return await locateLinked(inside);
    if (found) throw unreadableRepository(at, "its .git is neither a folder nor a file");
    if (at === path.dirname(at)) return undefined;
  }
}

async function isReadableRepository(folder: string): Promise<boolean> {
  await requireReadable(folder);
  return isRepository(folder);
}

/** Whose it is does not matter, as none of its settings is obeyed; whether it can be read does. */
async function requireReadable(folder: string): Promise<void> {
  const inside = ["", "HEAD", "objects", "refs"].map((name) => path.join(folder, name));
  for (const place of inside) {
    const code = await open(place).then(
      (opened) => opened.close(),
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (code !== "EACCES" && code !== "EPERM") continue;
    const owner = (await lstat(place).catch(() => undefined))?.uid;
    const whose = owner === undefined ? "" : ` (it belongs to the user ${owner})`;
    throw new DisintoError("usage.invalid", `you may not read ${place}${whose}`, {
      hint: `sudo chown -R "$(id -u)" ${folder}, or name a copy of your own: sudo cp -a ${folder} COPY && sudo chown -R "$(id -u)" COPY`,
    });
  }
}

async function isRepository(folder: string): Promise<boolean> {
  const parts = ["objects", "refs"].map((name) => isFolder(path.join(folder, name)));
  return (await isFile(path.join(folder, "HEAD"))) && (await Promise.all(parts)).every(Boolean);
}

/** A linked work tree is believed only where the repository it names also names it: a file alone may point anywhere. */
async function locateLinked(file: string): Promise<GitFolders> {
  const own = /^gitdir: ([^\n]+)\n?$/.exec(await readSmall(file))?.[1] ?? "";
  const known = await readSmall(path.join(own, "gitdir")).catch(() => "");
  const same = known !== "" && (await resolved(known.trim())) === (await resolved(file));
  if (!path.isAbsolute(own) || !same)
    throw unreadableRepository(path.dirname(file), "its .git points elsewhere");
  return { own, common: path.dirname(path.dirname(own)) };
}

async function borrow({ own, common }: GitFolders, bare: string): Promise<void> {
  const objects = path.join(common, "objects");
  if (!(await isFolder(objects))) throw unreadableRepository(common, "its objects are no folder");
  for (const name of ["alternates", "http-alternates"]) {
    if (await lstat(path.join(objects, "info", name)).catch(() => undefined))
      throw unreadableRepository(common, "it borrows the objects of another repository");
  }
  await mkdir(path.join(bare, "objects", "info"), { recursive: true });
  await writeFile(path.join(bare, "objects", "info", "alternates"), `${objects}\n`);
  // Files that say in short what objects say at length: not ours, so not believed.
  const config = path.join(bare, "config");
  const distrust = "[core]\n\tcommitGraph = false\n\tmultiPackIndex = false\n";
  await writeFile(config, (await readFile(config, "utf8")) + distrust);
  for (const kind of ["heads", "tags"])
    await copyRefs(path.join(common, "refs", kind), path.join(bare, "refs", kind));
  const packed = await readPacked(path.join(common, "packed-refs"));
  await writeFile(path.join(bare, "packed-refs"), packed);
  const shallow = path.join(common, "shallow");
  if (await isFile(shallow)) await writeFile(path.join(bare, "shallow"), await readFile(shallow));
  const head = (await readSmall(path.join(own, "HEAD"))).trim();
  if (REF.test(head)) await writeFile(path.join(bare, "HEAD"), `${head}\n`);
}

/** Branches and tags alone, each with its sha. */
async function readPacked(file: string): Promise<string> {
  if (!(await isFile(file))) return "";
  const lines = (await readFile(file, "utf8")).split("\n");
  const kept = lines.filter((line) =>
    /^[0-9a-f]{40} refs\/(?:heads|tags)\/[^\0-\x20]+$/.test(line),
  );
  return kept.map((line) => `${line}\n`).join("");
}

async function copyRefs(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true }).catch(() => [])) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await copyRefs(source, target);
    if (!entry.isFile()) continue;
    const text = (await readSmall(source)).trim();
    if (/^[0-9a-f]{40}$/.test(text)) await writeFile(target, `${text}\n`);
  }
}

async function readSmall(file: string): Promise<string> {
  const found = await lstat(file);
  if (!found.isFile() || found.size > MAX_REF_BYTES)
    throw unreadableRepository(file, "it is no small file");
  return await readFile(file, "utf8");
}

async function isFolder(place: string): Promise<boolean> {
  return (await lstat(place).catch(() => undefined))?.isDirectory() === true;
}

async function isFile(place: string): Promise<boolean> {
  return (await lstat(place).catch(() => undefined))?.isFile() === true;
}

async function resolved(place: string): Promise<string> {
  return await realpath(place).catch(() => place);
}

function unreadableRepository(folder: string, why: string): DisintoError {
  return new DisintoError("usage.invalid", `the repository in ${folder} is not read: ${why}`, {
    hint: "name a folder with a whole repository of its own: `git clone --no-local FOLDER NEW` makes one",
  });
}
