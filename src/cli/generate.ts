import { resolve } from "node:path";
import { writeIfChanged } from "../apply/generated-file.ts";
import { render } from "../apply/rendering.ts";
import { setEnvironment } from "../config/env-file.ts";
import { withLock } from "../config/file-lock.ts";
import { loadFactory } from "../config/load.ts";
import { deriveDesired } from "../core/desired.ts";
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

/** Writes the generated files and touches nothing that runs. */
export async function generate(tools: Tools, { folder }: { folder: string }): Promise<ExitCode> {
  const { factory, adopted } = await loadFactory(folder, tools.version);
  const { file, project } = await tools.containers(factory, folder);
  const rendering = render(factory.engine, deriveDesired(factory, resolve(folder)), project);
  const written = await withLock({ folder, name: "operator", waitMs: 0 }, async () => {
    await setEnvironment(folder, Object.fromEntries(adopted.map(({ key, value }) => [key, value])));
    return writeIfChanged(folder, file, rendering);
  });
  if (written.kept) tools.say(`${file} was edited by hand; that text is kept as ${written.kept}`);
  tools.say(written.changed ? `wrote ${file}` : "nothing to do");
  return ExitCode.done;
}
