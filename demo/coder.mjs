#!/usr/bin/env node
/**
 * A coder without a model, for the demo and the tests; runs as the harness `command` and reads a prompt on standard input.
 * It writes the files that the issue spells out in fences, ```file <path>, or those that the folder `--script` holds for
 * an issue of this title: `change`, `conflict` where somebody else changed the same file, `repair` on a second attempt.
 * `--think-ms N` makes it take its time.
 */
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { "think-ms": { type: "string" }, script: { type: "string" } },
});
const prompt = await text(process.stdin);
await sleep(Number(values["think-ms"] ?? 0));
const written = values.script ? await followScript(values.script) : await writeFences();
if (written.length === 0) {
  console.error("the issue spells out no file");
  process.exit(1);
}
for (const file of written) console.log(`wrote ${file}`);

async function writeFences() {
  const files = [...prompt.matchAll(/^```file (\S+)\r?\n([\s\S]*?)^```/gm)];
  for (const [, name, content] of files) {
    const file = path.resolve(name);
    if (path.relative(".", file).startsWith("..")) throw new Error(`${name} leaves the folder`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return files.map(([, name]) => name);
}

async function followScript(script) {
  const [, title] =
    /^Work on issue #\d+ of the repository in the current folder: (.*)$/m.exec(prompt) ?? [];
  for (const name of await readdir(path.join(script, "issues"))) {
    const folder = path.join(script, "issues", name);
    const [heading] = (await readFile(path.join(folder, "issue.md"), "utf8")).split("\n");
    if (heading === `# ${title}`) return writeParts(folder, path.join(script, "library"));
  }
  return [];
}

/** Later parts replace files of earlier ones. */
async function writeParts(folder, library) {
  const isSecond = prompt.includes("An earlier attempt came back");
  const parts = [
    "change",
    ...((await isTouched(folder, library)) ? ["conflict"] : []),
    ...(isSecond ? ["repair"] : []),
  ];
  const files = new Map();
  for (const part of parts)
    for (const file of await listFiles(path.join(folder, part)))
      files.set(file, path.join(folder, part, file));
  for (const [file, source] of files) await cp(source, file, { recursive: true });
  return [...files.keys()];
}

/** Whether a file of the part `conflict` is not as the library had it. */
async function isTouched(folder, library) {
  for (const file of await listFiles(path.join(folder, "conflict"))) {
    const [now, before] = await Promise.all([readFile(file), readFile(path.join(library, file))]);
    if (!now.equals(before)) return true;
  }
  return false;
}

async function listFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
