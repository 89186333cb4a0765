#!/usr/bin/env node
/**
 * A reviewer without a model, for the demo and the tests: approves a change when every JavaScript module in it
 * parses and no conflict mark is left, and says what it found otherwise. Runs as the harness `command`.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";

const prompt = await text(process.stdin);
const changed = [...prompt.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, name]) => name);
const findings = (await Promise.all(changed.map(inspect))).flat();
const verdict = {
  verdict: findings.length === 0 ? "approve" : "request-changes",
  body:
    findings.length === 0
      ? `Read ${changed.length} changed files; they parse.`
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
