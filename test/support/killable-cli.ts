/**
 * The command line as users run it, but for one thing: each call on a port is counted, and can be the process's last.
 * The bundle is made of the sources as they are; adapters are wrapped where the wiring imports them.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { withLock } from "../../src/config/file-lock.ts";
import { copyPackageFiles, newestChange, root } from "./cli.ts";

const home = path.join(root, "node_modules/.cache/disinto-killable");
const counting = path.join(import.meta.dirname, "counted-ports.ts");
const prefix = "\0counted:";

let built: Promise<string> | undefined;

/** Path of its main.js. One process of a run builds it, the others wait. */
export function buildKillableCli(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  await mkdir(home, { recursive: true });
  await withLock({ folder: home, name: "build", waitMs: 120_000 }, async () => {
    const changes = [path.join(root, "src"), path.join(root, "prompts"), import.meta.dirname].map(
      newestChange,
    );
    const stamp = String(Math.max(...(await Promise.all(changes))));
    if ((await readFile(path.join(home, "stamp"), "utf8").catch(() => "")) === stamp) return;
    await bundle();
    await copyPackageFiles(home);
    await writeFile(path.join(home, "stamp"), stamp);
  });
  return path.join(home, "dist/main.js");
}

async function bundle(): Promise<void> {
  const manifest = await readFile(path.join(root, "package.json"), "utf8");
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  const packages = Object.keys(dependencies);
  const built = await rolldown({
    cwd: root,
    input: { main: "src/main.ts" },
    platform: "node",
    external: (id) => packages.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [countedPorts()],
  });
  await built.write({ dir: path.join(home, "dist"), cleanDir: true, sourcemap: true });
}

/** Puts the counting between the wiring and its adapters, and before every file of the operator that is replaced. */
function countedPorts(): Plugin {
  return {
    name: "counted-ports",
    async resolveId(source, importer) {
      if (importer === undefined || importer.startsWith(prefix)) return undefined;
      const found = await this.resolve(source, importer, { skipSelf: true });
      if (!found || !isCounted(found.id, importer)) return undefined;
      return `${prefix}${found.id}`;
    },
    async load(id) {
      if (!id.startsWith(prefix)) return undefined;
      const file = id.slice(prefix.length);
      return formatModule(file, await readFile(file, "utf8"));
    },
  };
}

function isCounted(file: string, importer: string): boolean {
  const target = path.relative(root, file);
  if (target === "src/config/atomic-file.ts") return true;
  const isWiring = /^src\/(.*\/)?wiring[^/]*\.ts$/.test(path.relative(root, importer));
  return isWiring && /^src\/(adapters|ci|engines|harness)\//.test(target);
}

function formatModule(file: string, text: string): string {
  const exported = text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm);
  const names = [...exported].map(([, name]) => name);
  const title = path.basename(file, ".ts");
  return [
    `import * as real from ${JSON.stringify(file)};`,
    `import { countExports } from ${JSON.stringify(counting)};`,
    `const counted = countExports(${JSON.stringify(title)}, real);`,
    ...names.map((name) => `export const ${name} = counted.${name};`),
  ].join("\n");
}
