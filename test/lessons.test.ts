import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

interface Row {
  readonly number: number | undefined;
  readonly file: string;
  readonly title: string;
}

/** `| 1 | never again | `file` | title |`; a row without a number goes on with the one before. */
async function readRows(): Promise<readonly Row[]> {
  const text = await readFile("docs/lessons.md", "utf8");
  return [...text.matchAll(/^\| (\d*) ?\|.*\| `([^`]+)` \| (.+) \|$/gm)].map(
    ([, number, file = "", title = ""]) => ({
      number: number ? Number(number) : undefined,
      file,
      title,
    }),
  );
}

test("each lesson, of 38 and of later ones, names tests, and each of them is there", async () => {
  const rows = await readRows();
  const numbers = rows.flatMap(({ number }) => number ?? []);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  expect(numbers.slice(0, 38)).toEqual(Array.from({ length: 38 }, (_, index) => index + 1));
  for (const { file, title } of rows)
    expect(await readFile(file, "utf8"), file).toContain(JSON.stringify(title));
});
