#!/usr/bin/env node
/**
 * A coder without a model, for the demo and the tests: reads a prompt on standard input and writes the files that it
 * spells out in fences, ```file <path>. Runs as the harness `command`; `--think-ms N` makes it take its time.
 */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const at = process.argv.indexOf("--think-ms");
const thinkMs = at === -1 ? 0 : Number(process.argv[at + 1]);

const prompt = await text(process.stdin);
await sleep(thinkMs);
const files = [...prompt.matchAll(/^```file (\S+)\r?\n([\s\S]*?)^```/gm)];
for (const [, name, content] of files) {
  const file = path.resolve(name);
  if (path.relative(".", file).startsWith("..")) throw new Error(`${name} leaves the folder`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  console.log(`wrote ${name}`);
}
if (files.length === 0) {
  console.error("the issue spells out no file");
  process.exit(1);
}
