import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { renderDocument } from "./document.ts";

const file = fileURLToPath(new URL("../../docs/forge.md", import.meta.url));

test("docs/forge.md says what the contract proves (DISINTO_WRITE_DOCS=1 writes it)", async () => {
  if (process.env.DISINTO_WRITE_DOCS) await writeFile(file, renderDocument());

  expect(await readFile(file, "utf8")).toBe(renderDocument());
});
