import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Finished, run, toolEnvironment } from "../../src/adapters/process.ts";

/** A work folder with commits to push. */
export class WorkTree {
  readonly folder: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(folder: string, environment: Readonly<Record<string, string>> = {}) {
    this.folder = folder;
    this.#environment = environment;
  }

  /** `environment`: what git is told beside that; a credential, say, which is in no argument. */
  static async create(environment?: Readonly<Record<string, string>>): Promise<WorkTree> {
    const tree = new WorkTree(await mkdtemp(join(tmpdir(), "disinto-work-")), environment);
    await tree.git("init", "-q", "--initial-branch=main");
    return tree;
  }

  async attempt(...args: string[]): Promise<Finished> {
    const env = toolEnvironment({
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      GIT_AUTHOR_NAME: "Ada",
      GIT_AUTHOR_EMAIL: "ada@example.com",
      GIT_COMMITTER_NAME: "Ada",
      GIT_COMMITTER_EMAIL: "ada@example.com",
      ...this.#environment,
    });
    return await run(["git", ...args], { cwd: this.folder, env });
  }

  async git(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.attempt(...args);
    if (exitCode !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
    return stdout.trim();
  }

  /** Writes the file, commits it and answers the sha. */
  async commit(file: string, text: string): Promise<string> {
    const path = join(this.folder, file);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, text);
    await this.git("add", "--", file);
    await this.git("commit", "-q", "-m", `change ${file}`);
    return await this.git("rev-parse", "HEAD");
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function inWorkTree<Found>(work: (tree: WorkTree) => Promise<Found>): Promise<Found> {
  const tree = await WorkTree.create();
  try {
    return await work(tree);
  } finally {
    await tree.remove();
  }
}

interface PushedFile {
  readonly file: string;
  readonly text: string;
  readonly from: string;
  readonly branch: string;
}

/** Pushes a commit of one file on top of the branch `from` to `branch`; answers the commit's sha. */
export async function pushFile(
  remote: string,
  { file, text, from, branch }: PushedFile,
): Promise<string> {
  return await inWorkTree(async (tree) => {
    await tree.git("fetch", "-q", remote, `refs/heads/${from}`);
    await tree.git("checkout", "-q", "--detach", "FETCH_HEAD");
    const sha = await tree.commit(file, text);
    await tree.git("push", "-q", remote, `HEAD:refs/heads/${branch}`);
    return sha;
  });
}

/** A file as it is on a ref of the remote; undefined where either is absent. */
export async function readFileAt(
  remote: string,
  { ref, file }: { readonly ref: string; readonly file: string },
): Promise<string | undefined> {
  return await inWorkTree(async (tree) => {
    const fetched = await tree.attempt("fetch", "-q", "--depth=1", remote, ref);
    if (fetched.exitCode !== 0) return undefined;
    const { exitCode, stdout } = await tree.attempt("show", `FETCH_HEAD:${file}`);
    return exitCode === 0 ? stdout : undefined;
  });
}
