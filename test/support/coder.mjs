#!/usr/bin/env node
/**
 * A coder for scenarios with overlapping work. Beside whole files (```file PATH) an issue may ask for lines that must
 * stand in a sorted file (```lines PATH), or for a file that no two sessions write alike (```stamp PATH); of a conflict it keeps both sides, as sorted lines without doubles.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const make = {
  file: (_, content) => content,
  lines: addLines,
  stamp: () => `${randomUUID()}\n`,
};
const at = process.argv.indexOf("--think-ms");
const prompt = await text(process.stdin);
await sleep(at === -1 ? 0 : Number(process.argv[at + 1]));
for (const [, kind, name, content] of prompt.matchAll(
  /^```(file|lines|stamp) (\S+)\r?\n([\s\S]*?)^```/gm,
)) {
  await mkdir(path.dirname(name), { recursive: true });
  await writeFile(name, await make[kind](name, content));
}

async function addLines(name, content) {
  const standing = await readFile(name, "utf8").catch(() => "");
  const lines = `${standing}${content}`.split("\n").filter((line) => line !== "");
  const kept = lines.filter((line) => !/^(<{7}|\|{7}|={7}|>{7})/.test(line));
  return `${[...new Set(kept)].sort().join("\n")}\n`;
}
