#!/usr/bin/env node
/**
 * A reviewer without a model, for the demo and the tests: approves a change when every JavaScript module in it parses, no
 * conflict mark is left, and a change of `src/` comes with one of `test/` where AGENTS.md asks for that; it says what it
 * found otherwise. Runs as the harness `command`; `--think-ms N` makes it take its time.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";

const { values } = parseArgs({ options: { "think-ms": { type: "string" } } });
const prompt = await text(process.stdin);
await sleep(Number(values["think-ms"] ?? 0));
const changed = [...new Set([...prompt.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, name]) => name))];
const findings = [...(await Promise.all(changed.map(inspect))).flat(), ...(await findUntested())];
const verdict = {
  verdict: findings.length === 0 ? "approve" : "request-changes",
  body:
    findings.length === 0
      ? `Read ${changed.length} changed files; nothing to object.`
      : findings.join("\n"),
};
await writeFile(process.env.DISINTO_RESULT, JSON.stringify(verdict));

async function inspect(name) {
  const content = await readFile(name, "utf8").catch(() => "");
  const marks = /^(<{7}|>{7}) /m.test(content) ? [`${name} holds conflict marks`] : [];
  if (!/\.m?js$/.test(name)) return marks;
  const checked = await promisify(execFile)(process.execPath, ["--check", name]).catch(
    (error) => error,
  );
  return checked instanceof Error ? [...marks, `${name} does not parse`] : marks;
}

async function findUntested() {
  const conventions = await readFile("AGENTS.md", "utf8").catch(() => "");
  if (!conventions.includes("comes with a change of `test/`")) return [];
  const sources = changed.filter((name) => name.startsWith("src/"));
  if (sources.length === 0 || changed.some((name) => name.startsWith("test/"))) return [];
  return [`${sources.join(", ")} comes without a test, which AGENTS.md asks for`];
}
