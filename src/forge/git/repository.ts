/** Plumbing on one bare repository. Every argument that comes from outside is a full ref or a sha, never an option. */

import {
  type Argv,
  type Finished,
  run,
  runForBytes,
  toolEnvironment,
} from "../../adapters/process.ts";
import { DisintoError } from "../../errors.ts";
import { ApiError } from "../http/api-error.ts";
import type { CommitLookups } from "./commit-lookups.ts";

const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** The memory of one git process, in bytes: what a stranger pushed or asks for may need any amount. */
export const MAX_GIT_MEMORY = 600_000_000;
const MAX_PUSH_BYTES = 2_000_000_000;
const MAX_OUTPUT_BYTES = 32_000_000;
const LIMIT_MS = 60_000;

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/**
 * Our own git sees no configuration of the host, trusts the forge's folder and runs only the forge's hooks. An object is
 * what its name says: who may push could otherwise lay another commit over one that was reviewed (git-replace(1)).
 */
export function gitEnvironment(folder: string, extra: Readonly<Record<string, string>> = {}) {
  return {
    ...toolEnvironment(),
    HOME: folder,
    LC_ALL: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_GRAFT_FILE: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    // No attribute of a branch decides what a diff shows (read in bare repositories by git 2.43 to 2.45).
    GIT_ATTR_SOURCE: emptyTree,
    // Each arena reserves addresses, and addresses are what is limited.
    MALLOC_ARENA_MAX: "2",
    ...numberSettings([
      ["safe.directory", "*"],
      ["core.hooksPath", `${folder}/hooks`],
      ["core.quotePath", "false"],
      ["advice.detachedHead", "false"],
      ["advice.graftFileDeprecated", "false"],
      ["core.packedGitWindowSize", "32m"],
      ["core.packedGitLimit", "128m"],
      ["core.bigFileThreshold", "64m"],
      ["pack.threads", "2"],
      ["pack.windowMemory", "64m"],
      ["diff.renameLimit", "400"],
      ["receive.maxInputSize", String(MAX_PUSH_BYTES)],
    ]),
    ...extra,
  };
}

function numberSettings(settings: readonly (readonly [string, string])[]) {
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(numbered) };
}

export class GitRepository {
  readonly path: string;
  readonly #folder: string;
  readonly #lookups: CommitLookups;

  constructor(path: string, { folder, lookups }: { folder: string; lookups: CommitLookups }) {
    this.path = path;
    this.#folder = folder;
    this.#lookups = lookups;
  }

  async attempt(args: readonly string[], options: GitOptions = {}): Promise<Finished> {
    const argv: Argv = ["prlimit", `--as=${MAX_GIT_MEMORY}`, "git", ...args];
    const env = gitEnvironment(this.#folder, options.env);
    return await run(argv, {
      cwd: options.cwd ?? this.path,
      env,
      ...(options.input !== undefined && { input: options.input }),
      maxOutputBytes: MAX_OUTPUT_BYTES,
      timeoutMs: LIMIT_MS,
    }).catch((error: unknown) => {
      throw tooCostly(args[0], error);
    });
  }

  async read(args: readonly string[], options: GitOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.attempt(args, options);
    if (exitCode === 0) return stdout;
    throw new DisintoError("git.failed", `git ${args[0]} ended with ${exitCode}: ${stderr.trim()}`);
  }

  /** Runs git and returns bytes, for output that need not be text. */
  async readBytes(args: readonly string[]): Promise<Buffer<ArrayBuffer>> {
    const argv: Argv = ["prlimit", `--as=${MAX_GIT_MEMORY}`, "git", ...args];
    const { exitCode, stdout, stderr } = await runForBytes(argv, {
      cwd: this.path,
      env: gitEnvironment(this.#folder),
      timeoutMs: LIMIT_MS,
      maxOutputBytes: MAX_OUTPUT_BYTES,
    }).catch((error: unknown) => {
      throw tooCostly(args[0], error);
    });
    if (exitCode === 0) return stdout;
    throw new DisintoError("git.failed", `git ${args[0]} ended with ${exitCode}: ${stderr.trim()}`);
  }

  async create(defaultBranch: string): Promise<void> {
    await this.attempt(["init", "-q", "--bare", `--initial-branch=${defaultBranch}`, this.path], {
      cwd: this.#folder,
    });
    await this.read(["config", "gc.auto", "0"]);
    await this.read(["config", "receive.autogc", "false"]);
    await this.read(["config", "receive.denyDeletes", "false"]);
    await this.read(["config", "http.receivepack", "true"]);
  }

  /** Names below the prefix (without it) and what they point at; sorted by name. */
  async refs(prefix: string): Promise<Map<string, string>> {
    const format = "--format=%(objectname) %(refname)";
    const text = await this.read(["for-each-ref", format, prefix]);
    return new Map(
      linesOf(text).map((line) => [line.slice(41 + prefix.length), line.slice(0, 40)]),
    );
  }

  async branches(): Promise<Map<string, string>> {
    return await this.refs("refs/heads/");
  }

  /** Those of these branches that exist: nothing is read of the other ten thousand refs. */
  async heads(names: readonly string[]): Promise<Map<string, string>> {
    const asked = [...new Set(names)].filter(isBranchName);
    const found = await this.commits(asked.map((name) => `refs/heads/${name}`));
    return new Map(
      asked.flatMap((name, at) => {
        const sha = found[at];
        return sha === undefined ? [] : [[name, sha] as const];
      }),
    );
  }

  async branch(name: string): Promise<string | undefined> {
    if (!isBranchName(name)) return undefined;
    return await this.commit(`refs/heads/${name}`);
  }

  /** The commit that a full ref name or a whole sha stands for. */
  async commit(name: string): Promise<string | undefined> {
    return (await this.commits([name]))[0];
  }

  async commits(names: readonly string[]): Promise<(string | undefined)[]> {
    return await this.#lookups.find({ path: this.path, env: gitEnvironment(this.#folder) }, names);
  }

  /** What a person may write where Forgejo takes "ref or sha": a branch, a tag, a sha. A whole sha is no name. */
  async resolve(text: string): Promise<string | undefined> {
    if (/^[0-9a-f]{40}$/.test(text)) return await this.commit(text);
    const names = isBranchName(text) ? [`refs/heads/${text}`, `refs/tags/${text}`] : [];
    const found = (await this.commits(names)).find((sha) => sha !== undefined);
    return found ?? (await this.#byShortSha(text));
  }

  /** By a process of its own: a long-lived one would know only the objects that it saw when it was first asked so. */
  async #byShortSha(text: string): Promise<string | undefined> {
    if (!/^[0-9a-f]{4,39}$/.test(text)) return undefined;
    const { exitCode, stdout } = await this.attempt([
      "rev-parse",
      "--verify",
      "--quiet",
      `${text}^{commit}`,
    ]);
    return exitCode === 0 ? stdout.trim() : undefined;
  }

  async mergeBase(one: string, other: string): Promise<string | undefined> {
    const { exitCode, stdout } = await this.attempt(["merge-base", one, other]);
    return exitCode === 0 ? stdout.trim() : undefined;
  }

  async isAncestor(older: string, newer: string): Promise<boolean> {
    return (await this.attempt(["merge-base", "--is-ancestor", older, newer])).exitCode === 0;
  }

  async count(range: string): Promise<number> {
    return Number(await this.read(["rev-list", "--count", range]));
  }

  async changedFiles(from: string, to: string): Promise<string[]> {
    const text = await this.read(["diff", "--name-only", "--no-renames", "-z", from, to]);
    return text.split("\0").filter((name) => name !== "");
  }

  /** Moves a ref only if it still is where the caller saw it: false when somebody else was first. */
  async compareAndSwap(ref: string, { from, to }: { from: string; to: string }): Promise<boolean> {
    const { exitCode } = await this.attempt(["update-ref", "--end-of-options", ref, to, from]);
    return exitCode === 0;
  }

  async setRef(ref: string, to: string): Promise<void> {
    await this.read(["update-ref", "--end-of-options", ref, to]);
  }

  async deleteRef(ref: string): Promise<void> {
    await this.read(["update-ref", "-d", "--end-of-options", ref]);
  }
}

/** What was cut short is the asker's to ask smaller, and no failure of the forge. */
function tooCostly(verb: string | undefined, error: unknown): unknown {
  if (!(error instanceof DisintoError && error.code === "process.failed")) return error;
  return new ApiError(
    413,
    `git ${verb} would take more than ${LIMIT_MS / 1000} s or ${MAX_OUTPUT_BYTES} bytes here`,
  );
}

interface GitOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** git's own rule (git-check-ref-format), narrowed: no control characters, no "..", no "@{", no ".lock". */
export function isBranchName(name: string): boolean {
  if (name === "" || name === "@" || name.length > 250 || name.startsWith("-")) return false;
  if (isMisleading(name)) return false;
  if (/[\s~^:?*[\\]|\p{Cc}|\.\.|@\{|\/\/|^\/|\/$|\.$/u.test(name)) return false;
  return name.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}

/** A name that git or a person would take for a commit, or for another ref. The hook knows the same ones. */
function isMisleading(name: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64}|HEAD|(?:refs|heads|tags)\/.*)$/i.test(name);
}
