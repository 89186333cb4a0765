/** Runs the contract against a server: `--url URL --admin-user NAME --admin-password-file FILE`, or without on its own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const text = { type: "string" };
const { values } = parseArgs({
  options: { url: text, "admin-user": text, "admin-password-file": text },
});

const given = {
  DISINTO_CONTRACT_URL: values.url,
  DISINTO_CONTRACT_ADMIN: values["admin-user"],
  DISINTO_CONTRACT_PASSWORD_FILE: values["admin-password-file"],
};
const present = Object.entries(given).filter(([, value]) => value !== undefined);
if (present.length !== 0 && present.length !== 3) {
  process.stderr.write("--url, --admin-user and --admin-password-file go together\n");
  process.exit(2);
}

const checkout = fileURLToPath(new URL("../../", import.meta.url));
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "disinto-contract-"));
try {
  const report = path.join(folder, "report.json");
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  const args = [vitest, "run", ...reporters, "test/forge-contract/contract.test.ts"];
  const env = { ...process.env, ...Object.fromEntries(present) };
  const { status } = spawnSync(process.execPath, args, { cwd: checkout, env, stdio: "inherit" });
  printTable(JSON.parse(readFileSync(report, "utf8")));
  process.exitCode = status === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** Every promise by chapter, and whether the server keeps it. */
function printTable({ testResults }) {
  const words = { passed: "agrees", failed: "DIFFERS" };
  const rows = testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ ancestorTitles: [chapter = ""], title, status: end }) => ({
      verdict: words[end] ?? "not asked",
      chapter,
      title,
    })),
  );
  const width = Math.max(0, ...rows.map(({ chapter }) => chapter.length));
  for (const { verdict, chapter, title } of rows)
    console.log(`${verdict.padEnd(9)}  ${chapter.padEnd(width)}  ${title}`);
  const count = (wanted) => rows.filter(({ verdict }) => verdict === wanted).length;
  const counts = `${count("agrees")} agree, ${count("DIFFERS")} differ, ${count("not asked")} not asked`;
  console.log(`\n${values.url ?? "the embedded forge"}: ${counts}`);
}
