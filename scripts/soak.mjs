/**
 * `npm run soak -- --seed N [FILE …]`: the scenarios that draw cases, with all of them and for more rounds. Output is
 * kept in `soak/`. A day of it is a loop over seeds.
 */
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { seed: { type: "string", default: "1" } },
  allowPositionals: true,
});
const files = positionals.length > 0 ? positionals : findFiles();
mkdirSync("soak", { recursive: true });
const kept = path.join("soak", `seed-${values.seed}.txt`);
const log = createWriteStream(kept);
const vitest = path.resolve("node_modules/vitest/vitest.mjs");
const child = spawn(process.execPath, [vitest, "run", "--testTimeout=0", ...files], {
  env: { ...process.env, DISINTO_SOAK: "1", DISINTO_SEED: values.seed },
  stdio: ["ignore", "pipe", "pipe"],
});
for (const [from, to] of [
  [child.stdout, process.stdout],
  [child.stderr, process.stderr],
]) {
  from.on("data", (chunk) => {
    to.write(chunk);
    log.write(chunk);
  });
}
child.on("close", (code) => {
  log.end();
  process.stderr.write(`kept in ${kept}\n`);
  process.exitCode = code ?? 1;
});

function findFiles() {
  return ["src", "test"]
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((f) => path.join(folder, f)))
    .filter((file) => file.endsWith(".test.ts"))
    .filter((file) => /support\/(soak|kill)\.ts/.test(readFileSync(file, "utf8")));
}
