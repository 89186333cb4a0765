import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { editEnv, setEnvironment } from "./env-file.ts";
import { parseEnv } from "./env-syntax.ts";
import { evaluateEnv } from "./env-value.ts";

function read(text: string): Record<string, string> {
  const { entries, errors } = parseEnv(text);
  expect(errors).toEqual([]);
  return Object.fromEntries(evaluateEnv(entries).values);
}

const key = fc.constantFrom("A", "B", "FORGE_TOKEN_X", "LLAMA_BOTS");
const value = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom(..."'\"$\\#|{} \n\r\tab=ü") }),
);
const line = fc.oneof(
  fc.constantFrom(
    "",
    "# a comment",
    "  # indented",
    "\t",
    "export X=1 # kept",
    "Y = 'a\nb'",
    "A='quoted'# close",
    'Z: "q$A"',
  ),
  fc
    .tuple(key, fc.constantFrom("1", "'x y'", '"it\'s"', "plain # why"))
    .map(([k, v]) => `${k}=${v}`),
);
const file = fc
  .tuple(fc.array(line), fc.constantFrom("\n", "\r\n"))
  .map(([all, end]) => all.join(end));

test("a value that was set is read back, whatever it holds, and no other key changes", () => {
  fc.assert(
    fc.property(file, key, value, (text, name, wanted) => {
      const edited = editEnv(text, { [name]: wanted });

      const [before, after] = [read(text), read(edited)];
      expect(after[name]).toBe(wanted);
      for (const other of Object.keys(before)) {
        if (other !== name && other !== "Z") expect(after[other]).toBe(before[other]);
      }
    }),
  );
});

test("setting a key that is there changes only the bytes of its value", () => {
  fc.assert(
    fc.property(file, file, value, (head, tail, wanted) => {
      const [before, after] = [`${head}\n`, ` # why\n${tail.replaceAll(/^.*\bKEY\b.*$/gm, "")}`];

      const edited = editEnv(`${before}KEY=old${after}`, { KEY: wanted });

      expect(edited.startsWith(`${before}KEY=`)).toBe(true);
      expect(edited.endsWith(after) || wanted === "old").toBe(true);
    }),
  );
});

test("a key that is added and removed again leaves every byte as it was", () => {
  fc.assert(
    fc.property(file, value, (text, wanted) => {
      const whole = text === "" || text.endsWith("\n") ? text : `${text}\n`;

      expect(editEnv(editEnv(whole, { NEW: wanted }), { NEW: undefined })).toBe(whole);
    }),
  );
});

test("a value set to what it is already changes nothing", () => {
  expect(editEnv("A=x # it\n", { A: "x" })).toBe("A=x # it\n");
});

test("twenty edits at once lose none, and nobody else may read the file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "env-"));
  await writeFile(join(folder, ".env"), "# mine\nKEEP=1\n", { mode: 0o644 });
  const names = Array.from({ length: 20 }, (_, index) => `KEY_${index}`);

  await Promise.all(names.map((name) => setEnvironment(folder, { [name]: name })));

  const text = await readFile(join(folder, ".env"), "utf8");
  expect(text.startsWith("# mine\nKEEP=1\n")).toBe(true);
  expect(Object.keys(read(text))).toEqual(expect.arrayContaining(names));
  expect((await stat(join(folder, ".env"))).mode & 0o777).toBe(0o600);
});
