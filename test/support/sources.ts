/** The sources of the product, as texts: for tests about how it is written. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

export const checkout = path.join(import.meta.dirname, "..", "..");

export interface Source {
  /** Below the checkout. */
  readonly file: string;
  readonly text: string;
}

/** Without tests. */
export async function readProductSources(): Promise<readonly Source[]> {
  const entries = await readdir(path.join(checkout, "src"), {
    recursive: true,
    withFileTypes: true,
  });
  const files = entries
    .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
    .map(({ parentPath, name }) => path.relative(checkout, path.join(parentPath, name)));
  return Promise.all(
    files.map(async (file) => ({ file, text: await readFile(path.join(checkout, file), "utf8") })),
  );
}
