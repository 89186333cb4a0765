/** Whoever adds a name is told by the compiler every place that must know it, all of them in the kind's own folder or table. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkout } from "../support/sources.ts";

/** Where each name is added, by what it is. */
const additions = {
  role: ["src/roles/definitions.ts", "export type Role =", ' "gardener" |'],
  engine: ["src/engines/definitions.ts", "export type EngineName =", ' "nomad" |'],
  ci: ["src/ci/definitions.ts", "export type CiProvider =", ' "drone" |'],
  harness: ["src/harness/definitions.ts", "export type HarnessName =", ' "aider" |'],
  forge: ["src/forge-kinds/definitions.ts", "export type ForgeKind =", ' "gitea" |'],
  outcome: [
    "src/roles/dev/machine.ts",
    '  checking:\n    | Result<"green">',
    '\n    | Result<"skipped">',
  ],
  code: ["src/errors.ts", "export type ErrorCode =", '\n  | "weather.bad"'],
} as const;

let copy: string;
/** Files in which the compiler finds something amiss. */
let wrong: readonly string[];

beforeAll(async () => {
  copy = await mkdtemp(path.join(tmpdir(), "disinto-kinds-"));
  await cp(path.join(checkout, "src"), path.join(copy, "src"), {
    recursive: true,
    filter: (file) => !file.endsWith(".test.ts"),
  });
  await symlink(path.join(checkout, "node_modules"), path.join(copy, "node_modules"));
  for (const file of ["package.json", "tsconfig.json"])
    await cp(path.join(checkout, file), path.join(copy, file));
  for (const [file, before, added] of Object.values(additions)) {
    const text = await readFile(path.join(copy, file), "utf8");
    expect(text).toContain(before);
    await writeFile(path.join(copy, file), text.replace(before, before + added));
  }
  const tsc = path.join(checkout, "node_modules/typescript/bin/tsc");
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [tsc, "--noEmit"], { cwd: copy }, (_, stdout) => resolve(stdout));
  });
  const files = [...output.matchAll(/^(src\/[^(]+)\(\d+,\d+\): error/gm)].map(
    ([, file = ""]) => file,
  );
  wrong = [...new Set(files)].sort();
}, 240_000);

afterAll(() => rm(copy, { recursive: true, force: true }));

test("a name more is an error in the tables of its kind, and nowhere else", () => {
  expect(wrong).toEqual([
    "src/bot/loop/failure.ts",
    "src/ci/definitions.ts",
    "src/ci/wiring.ts",
    "src/engines/definitions.ts",
    "src/engines/documents.ts",
    "src/engines/engines.ts",
    "src/forge-kinds/definitions.ts",
    "src/harness/definitions.ts",
    "src/harness/wiring.ts",
    "src/roles/definitions.ts",
    "src/roles/dev/machine.ts",
    "src/roles/wiring.ts",
  ]);
});
