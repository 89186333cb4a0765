/** The generated files alone: written, and nothing that runs is touched. */
import { resolve } from "node:path";
import { setEnvironment } from "../config/env-file.ts";
import { withLock } from "../config/file-lock.ts";
import { deriveDesired } from "../core/desired.ts";
import { writeIfChanged } from "./generated-file.ts";
import type { Fleet } from "./observe.ts";
import { render } from "./rendering.ts";

/** False when all of them stood there already. */
export async function generateFiles(
  { factory, adopted = [], folder, containers }: Fleet,
  say: (line: string) => void,
): Promise<boolean> {
  const desired = deriveDesired(factory, resolve(folder), containers.project);
  const { files } = render(factory, desired, containers);
  const settings = Object.fromEntries(adopted.map(({ key, value }) => [key, value]));
  const written = await withLock({ folder, name: "operator", waitMs: 0 }, async () => {
    await setEnvironment(folder, settings);
    return Promise.all(files.map(({ path, text }) => writeIfChanged(folder, path, text)));
  });
  for (const [at, { path }] of files.entries()) {
    const kept = written[at]?.kept;
    if (kept) say(`${path} was edited by hand; that text is kept as ${kept}`);
    if (written[at]?.changed) say(`wrote ${path}`);
  }
  return written.some(({ changed }) => changed);
}
