/**
 * `src` → `dist`: checks the types, then bundles `main.ts` and every module that it loads lazily. Bundled, because
 * opening some 150 small files took longer than most commands take to run. Of the packages only those are taken in that
 * nearly every command needs; the others are loaded from node_modules as ever.
 * `node scripts/build.mjs [FOLDER [MODULE …]]` builds other modules, and elsewhere, for tests and figures.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { minifySync } from "rolldown/utils";
import { swapBuild } from "./swap-build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = path.join(root, "node_modules/typescript/bin/tsc");
const [folder = path.join(root, "dist"), ...modules] = process.argv.slice(2);

const everywhere = ["commander", "execa", "toml-eslint-parser", "yaml", "zod"];
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const dependencies = Object.keys(manifest.dependencies).filter(
  (name) => !everywhere.includes(name),
);

/** Parts of core/ that a few commands ask, which the bots need not hold in memory. */
const apart = /src.core.(snapshot|conversation|cost-report|demo-view)/;

/** One file for each package, and one for what nearly every command loads. */
const groups = [
  {
    debugName: "packages",
    name: (id) => /node_modules.([\w-]+)/.exec(id)?.[1],
    test: /node_modules/,
    priority: 2,
  },
  {
    name: "configuration",
    test: (id) => /src.(core|config|errors)/.test(id) && !apart.test(id),
    priority: 1,
  },
];

/** The packages', not ours: what stands in an operator's report shall be readable. */
const minifiedPackages = {
  name: "minified-packages",
  renderChunk(code, { fileName, moduleIds }) {
    if (!moduleIds.every((id) => /node_modules|^\0/.test(id))) return null;
    const options = { module: true, compress: false, sourcemap: true };
    return minifySync(fileName, code, options);
  },
};

try {
  execFileSync(process.execPath, [tsc, "-p", path.join(root, "tsconfig.build.json")], {
    stdio: "inherit",
  });
} catch {
  process.exit(1);
}
const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries((modules.length > 0 ? modules : ["src/main.ts"]).map(named)),
  platform: "node",
  // The same code as modules, of which only what is used is taken.
  resolve: { alias: { yaml: path.join(root, "node_modules/yaml/browser/index.js") } },
  treeshake: { moduleSideEffects: [{ test: /node_modules.yaml/, sideEffects: false }] },
  external: (id) => dependencies.some((name) => id === name || id.startsWith(`${name}/`)),
});
const fresh = path.join(folder, `.new-${process.pid}`);
await bundle.write({
  dir: fresh,
  cleanDir: true,
  sourcemap: true,
  chunkFileNames: "[name]-[hash].js",
  codeSplitting: { groups },
  plugins: [minifiedPackages],
});
swapBuild(fresh, folder);

function named(module) {
  return [path.basename(module, ".ts"), module];
}
