import { resolve } from "node:path";
import { writeIfChanged } from "../apply/generated-file.ts";
import { setEnvironment } from "../config/env-file.ts";
import { withLock } from "../config/file-lock.ts";
import { loadFactory } from "../config/load.ts";
import { deriveDesired } from "../core/desired.ts";
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

/** Writes the generated files and touches nothing that runs. */
export async function generate(tools: Tools, { folder }: { folder: string }): Promise<ExitCode> {
  const loading = loadFactory(folder, tools.version);
  const [{ factory, adopted }, engine, { render }] = await Promise.all([
    loading,
    tools.containers(
      loading.then((loaded) => loaded.factory),
      folder,
    ),
    import("../apply/rendering.ts"),
  ]);
  const desired = deriveDesired(factory, resolve(folder), engine.project);
  const { files } = render(factory, desired, engine);
  const written = await withLock({ folder, name: "operator", waitMs: 0 }, async () => {
    await setEnvironment(folder, Object.fromEntries(adopted.map(({ key, value }) => [key, value])));
    return Promise.all(files.map(({ path, text }) => write(tools, { folder, path, text })));
  });
  if (!written.includes(true)) tools.say("nothing to do");
  return ExitCode.done;
}

async function write(
  { say }: Tools,
  { folder, path, text }: { folder: string; path: string; text: string },
): Promise<boolean> {
  const { changed, kept } = await writeIfChanged(folder, path, text);
  if (kept) say(`${path} was edited by hand; that text is kept as ${kept}`);
  if (changed) say(`wrote ${path}`);
  return changed;
}
