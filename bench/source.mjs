/** Modules of `src/` for figures that are taken inside one process. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** `modules` are paths like `src/bot/lease.ts`; below node_modules, so that packages are found from there. */
export async function loadSources(modules) {
  const folder = path.resolve(`node_modules/.cache/disinto-bench-${process.pid}`);
  execFileSync(process.execPath, ["scripts/build.mjs", folder, ...modules], { stdio: "inherit" });
  const loaded = modules.map(
    (module) => import(pathToFileURL(path.join(folder, `${path.basename(module, ".ts")}.js`)).href),
  );
  return Object.assign({}, ...(await Promise.all(loaded)));
}
