/**
 * The real coding agents, for tests: pinned, 700 MB, never dependencies of the package. `DISINTO_REQUIRE_AGENTS=1`
 * installs them once per machine into a cache of their own; without it they are used where they are.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../src/config/file-lock.ts";
import { agentsMissing, agentsRequired, findAgentsFolder } from "../support/requirements.ts";

const pins = path.join(import.meta.dirname, "../../docker/agents/agents.json");

export interface Agents {
  /** A folder for PATH, with `claude` and `opencode`. */
  readonly bin: string;
  readonly claude: string;
  readonly opencode: string;
}

/** Answers the programs, or why there are none. */
export async function installAgents(): Promise<Agents | { readonly missing: string }> {
  const { folder, isFilled } = findAgentsFolder();
  if (!isFilled && !agentsRequired) return { missing: agentsMissing };
  const versions = JSON.parse(await readFile(pins, "utf8")) as Record<string, string>;
  const agents = {
    bin: path.join(folder, "node_modules/.bin"),
    claude: path.join(folder, "node_modules/@anthropic-ai/claude-code/bin/claude.exe"),
    opencode: path.join(folder, "node_modules/opencode-ai/bin/opencode.exe"),
  };
  try {
    await mkdir(path.dirname(folder), { recursive: true });
    // Several test files ask at once; one installs.
    const lock = { folder: path.dirname(folder), name: path.basename(folder), waitMs: 600_000 };
    await withLock(lock, async () => {
      if (!existsSync(folder)) await install(folder, versions);
    });
    return agents;
  } catch (error) {
    const missing = `the coding agents cannot be installed: ${(error as Error).message}`;
    if (agentsRequired) throw new Error(missing, { cause: error });
    return { missing };
  }
}

/** Beside its place and moved there when it works, so that what stands there is whole. */
async function install(folder: string, versions: Record<string, string>): Promise<void> {
  const building = await mkdtemp(`${folder}.`);
  try {
    const manifest = { private: true, dependencies: versions };
    await writeFile(path.join(building, "package.json"), JSON.stringify(manifest));
    // npm may refuse install scripts; the two that matter put the platform's program in its place.
    await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], building);
    const modules = path.join(building, "node_modules");
    await run("node", ["install.cjs"], path.join(modules, "@anthropic-ai/claude-code"));
    await run("node", ["postinstall.mjs"], path.join(modules, "opencode-ai"));
    for (const program of ["claude", "opencode"])
      await run(path.join(modules, ".bin", program), ["--version"], building);
    await rename(building, folder);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
}

function run(file: string, args: readonly string[], cwd: string) {
  return promisify(execFile)(file, args, { cwd, timeout: 300_000 });
}
