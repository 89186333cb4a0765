/** The version before this one, built from the history of this repository: for factories that were made with it. */
import { mkdir, symlink } from "node:fs/promises";
import path from "node:path";
import { run, runOrThrow, toolEnvironment } from "../../src/adapters/process.ts";
import { buildCli, copyPackageFiles, type Ended, root } from "./cli.ts";

/** The last commit of the version before: the factories that are at work were made by it. */
const EARLIER = "4c0af38adbacea36b00fae02310123080c589654";

/** True where the clone reaches back that far; a shallow one does not. */
export async function hasEarlierVersion(): Promise<boolean> {
  const { exitCode } = await run(["git", "-C", root, "cat-file", "-e", `${EARLIER}^{commit}`]);
  return exitCode === 0;
}

/** A place where disinto is installed, first in the version before; services go on running from it when it is upgraded. */
export class Installation {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async ofEarlierVersion(folder: string): Promise<Installation> {
    await mkdir(folder, { recursive: true });
    const archive = path.join(folder, "earlier.tar");
    await runOrThrow(["git", "-C", root, "archive", `--output=${archive}`, EARLIER]);
    await runOrThrow(["tar", "-xf", archive, "-C", folder]);
    await symlink(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    await runOrThrow([process.execPath, path.join(folder, "scripts/build.mjs")], {
      timeoutMs: 180_000,
    });
    return new Installation(folder);
  }

  /** As a build does it: running services keep the parts that they were started with, and `main.js` is another one. */
  async upgrade(): Promise<void> {
    const fresh = path.dirname(await buildCli());
    await runOrThrow(["cp", "-r", `${fresh}/.`, path.join(this.#folder, "dist")]);
    await copyPackageFiles(this.#folder);
  }

  disinto(factory: string, ...args: readonly string[]): Promise<Ended> {
    const main = path.join(this.#folder, "dist/main.js");
    return run([process.execPath, main, "--factory", factory, ...args], {
      timeoutMs: 180_000,
      env: toolEnvironment(),
    });
  }
}
