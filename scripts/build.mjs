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

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = path.join(root, "node_modules/typescript/bin/tsc");
const [folder = path.join(root, "dist"), ...modules] = process.argv.slice(2);

const everywhere = ["commander", "toml-eslint-parser", "yaml", "zod"];
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const dependencies = Object.keys(manifest.dependencies).filter(
  (name) => !everywhere.includes(name),
);

/** What few commands load: it stays out of the files that nearly all of them read. */
const seldom = {
  core: "bot-status|ci-contexts|identity-text|issue-story|log-excerpt|metrics|plan|problems|service-status|setup|source",
  config: "agent-section|reference|secret-store|toml-(edit|file|text)",
  yaml: "compose|parse|index|public-api",
};

/** One file each for what is always loaded, for what asks the engine, and for what reads the configuration meanwhile. */
const groups = [
  { name: "base", test: /src.(errors|core.redactor|adapters.system-clock)\.ts/, priority: 3 },
  { name: "commander", test: /node_modules.commander/, priority: 3 },
  {
    name: "formats",
    test: new RegExp(
      `node_modules.(yaml.browser.dist.(?!${seldom.yaml})|toml-eslint-parser|eslint-visitor-keys)`,
    ),
    priority: 3,
  },
  { name: "zod", test: /node_modules.zod.v4.(core|mini|locales)/, priority: 3 },
  {
    name: "engine",
    test: /src.(config.(secret-keys|env|files)|cli.fleet\.|adapters.process|engines.(compose|engines))/,
    priority: 2,
  },
  {
    name: "core",
    test: new RegExp(`src.core.(?!project-shape|compose-document|${seldom.core})`),
    priority: 1,
  },
  {
    name: "config",
    test: new RegExp(`src.config.(?!${seldom.config})`),
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
await bundle.write({
  dir: folder,
  cleanDir: true,
  sourcemap: true,
  chunkFileNames: "[name]-[hash].js",
  codeSplitting: { groups },
  plugins: [minifiedPackages],
});

function named(module) {
  return [path.basename(module, ".ts"), module];
}
