/**
 * Puts a fresh build in the place of the one before. A command that runs goes on with the parts that it was started with,
 * whose names carry their hashes; a new one finds either build, whole: what begins it is replaced last. What is left of an
 * older build goes a day after it was replaced, and not while any command of this folder runs, which may have begun with it.
 */
import {
  chmodSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

/** Names of the newest build's files. */
const PARTS = "parts.json";
const MAIN = "main.js";
const DAY_MS = 86_400_000;

export function swapBuild(fresh, folder) {
  const made = readdirSync(fresh);
  const isPart = (name) => /-[\w-]{8}\.js(\.map)?$/.test(name);
  const old = readdirSync(folder).filter((name) => ![path.basename(fresh), PARTS].includes(name));
  const isInUse = runsFrom(path.join(folder, MAIN));
  const before = readParts(folder) ?? old;
  for (const name of [...made.filter(isPart), ...made.filter((one) => !isPart(one))]) {
    if (name === MAIN) chmodSync(path.join(fresh, name), 0o755);
    renameSync(path.join(fresh, name), path.join(folder, name));
  }
  rmSync(fresh, { recursive: true });
  writeFileSync(path.join(folder, PARTS), JSON.stringify(made));
  const now = new Date();
  const left = old.filter((one) => !made.includes(one));
  for (const name of left.filter((one) => before.includes(one)))
    utimesSync(path.join(folder, name), now, now);
  for (const name of isInUse ? [] : left.map((one) => path.join(folder, one)))
    if (statSync(name).mtimeMs < now.getTime() - DAY_MS) rmSync(name, { recursive: true });
}

/** What the build before this one was made of; undefined where no build has said it yet. */
function readParts(folder) {
  try {
    return JSON.parse(readFileSync(path.join(folder, PARTS), "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether a process of this machine was started with this file; where nobody can see that, none was. */
function runsFrom(file) {
  try {
    const main = realpathSync(file);
    const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return all.some((id) => readWords(id).some((word) => isSame(word, { id, main })));
  } catch {
    return false;
  }
}

/** Nothing of a process that has ended meanwhile. */
function readWords(id) {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").slice(1, 8);
  } catch {
    return [];
  }
}

function isSame(word, { id, main }) {
  if (word === "" || word.startsWith("-")) return false;
  try {
    return realpathSync(path.resolve(readlinkSync(`/proc/${id}/cwd`), word)) === main;
  } catch {
    return false;
  }
}
