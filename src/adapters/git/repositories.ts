/** An operator's own repository: made, brought to the forge, and what has become of it there. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DisintoError } from "../../errors.ts";
import type {
  AddedFile,
  Description,
  FirstCommit,
  History,
  Repositories,
  Seed,
} from "../../ports/repositories.ts";
import { run, runOrThrow } from "../process.ts";
import { addFile } from "./added-file.ts";
import {
  localGitEnvironment,
  operatorGitOptions,
  type RemoteOptions,
  remoteGitOptions,
  WHOLE_REPOSITORY_S,
} from "./environment.ts";
import { withForeign } from "./foreign-repository.ts";
import { listLfsAttributes } from "./lfs.ts";
import { listSubmodules } from "./submodules.ts";

const HEADS = "refs/heads/";
const TAGS = "refs/tags/";

export const repositories: Repositories = {
  init: initRepository,
  describe,
  mirror,
  cloneDefaultBranch,
  push: pushRepository,
  readHistory,
  branches,
  archive,
};

/** Pushes all branches and tags; never forces. */
async function pushRepository(seed: Seed & { readonly added?: AddedFile }): Promise<void> {
  const isThere = await withForeign(seed.folder, async (folder) => {
    if (seed.added) await addFile(folder, seed.added);
    await push({ ...seed, folder });
    return true;
  });
  if (!isThere) throw new DisintoError("git.failed", `there is no repository in ${seed.folder}`);
}

async function push({ folder, url, access }: Seed): Promise<void> {
  const argv = [
    "git",
    "push",
    "--quiet",
    "--no-verify",
    url,
    "refs/heads/*:refs/heads/*",
    "refs/tags/*:refs/tags/*",
  ] as const;
  const { exitCode, stderr } = await run(argv, {
    cwd: folder,
    ...remoteGitOptions(access, WHOLE_REPOSITORY_S),
  });
  if (exitCode === 0) return;
  throw new DisintoError(
    "git.failed",
    `the push to ${url} failed: ${stderr.trim().split("\n").slice(-3).join("; ")}`,
    { hint: "run the same command again; if the problem persists, look at the forge's log" },
  );
}

/** Undefined where there is no repository; one that is of no use as it stands is named as what it is. */
function describe(folder: string): Promise<Description | undefined> {
  return withForeign(folder, (bare) => describeBare(bare, folder));
}

async function describeBare(bare: string, folder: string): Promise<Description> {
  const here = { cwd: bare, env: localGitEnvironment() };
  // Asked for a short name, git says `heads/main` of a branch that a tag has the name of.
  const found = await run(["git", "symbolic-ref", "--quiet", "HEAD"], here);
  const ref = found.stdout.trim();
  const branch = ref.slice(HEADS.length);
  if (found.exitCode !== 0 || !ref.startsWith(HEADS)) {
    throw new DisintoError(
      "usage.invalid",
      `${folder} has a detached HEAD: no branch is checked out`,
      {
        hint: `git -C ${folder} switch BRANCH, with the branch that everything is merged into`,
      },
    );
  }
  const commit = await run(["git", "rev-parse", "--verify", "--quiet", `${ref}^{commit}`], here);
  if (commit.exitCode !== 0) {
    throw new DisintoError("usage.invalid", `${folder} has no commit on its branch ${branch}`, {
      hint: `git -C ${folder} add --all && git -C ${folder} commit -m 'First commit'`,
    });
  }
  const shallow = await runOrThrow(["git", "rev-parse", "--is-shallow-repository"], here);
  return {
    branch,
    branches: await listBranches(here),
    isShallow: shallow.trim() === "true",
    workflows: (await listNames(ref, [".woodpecker/"], here))
      .map((name) => path.basename(name))
      .sort(),
    workflowFiles: await readWorkflows(ref, here),
    names: [...(await listNames(ref, [], here)), ...(await listNames(ref, CI_FOLDERS, here))],
    lfs: await listLfsAttributes(bare, ref),
    submodules: await listSubmodules(bare, ref),
  };
}

/** A repository has a handful; what is longer than a workflow file can be is cut off nowhere, but there are not more. */
const MAX_WORKFLOWS = 100;

async function readWorkflows(ref: string, here: Parameters<typeof runOrThrow>[1]) {
  const places = [".woodpecker/", ".woodpecker.yaml", ".woodpecker.yml"];
  const names = (await listNames(ref, places, here)).filter((name) => /\.ya?ml$/.test(name));
  return Promise.all(
    names.slice(0, MAX_WORKFLOWS).map(async (name) => {
      const found = await run(["git", "cat-file", "blob", `${ref}:${name}`], here);
      return { path: name, text: found.exitCode === 0 ? found.stdout : "" };
    }),
  );
}

/** Where other CIs look for their workflows. */
const CI_FOLDERS = [
  ...[".github/workflows/", ".forgejo/workflows/", ".gitea/workflows/"],
  ...[".circleci/", ".buildkite/", ".woodpecker/"],
];

async function listNames(
  ref: string,
  folders: readonly string[],
  here: Parameters<typeof runOrThrow>[1],
): Promise<readonly string[]> {
  const argv = ["git", "ls-tree", "-z", "--name-only", "--full-tree", ref, ...folders] as const;
  return (await runOrThrow(argv, here)).split("\0").filter((name) => name !== "");
}

async function listBranches(here: Parameters<typeof runOrThrow>[1]): Promise<readonly string[]> {
  const all = await runOrThrow(["git", "for-each-ref", "--format=%(refname)", HEADS, TAGS], here);
  return all.split("\n").filter((ref) => ref !== "");
}

async function branches({ url, access }: Omit<Seed, "folder">): Promise<readonly string[]> {
  const listed = await runOrThrow(
    ["git", "ls-remote", "--quiet", "--heads", "--tags", "--refs", "--", url],
    remoteGitOptions(access),
  );
  return splitLines(listed).flatMap(([, ref]) => ref ?? []);
}

/** Clones as the operator would: with the credential helpers and the SSH agent that they have set up. */
async function mirror(url: string, folder: string): Promise<void> {
  await clone(["--mirror", "--", url, folder], { url, remote: operatorGitOptions() });
}

/** One commit deep: enough to describe it. */
async function cloneDefaultBranch({ folder, url, access }: Seed): Promise<void> {
  const remote = remoteGitOptions(access, WHOLE_REPOSITORY_S);
  await clone(["--bare", "--depth=1", "--single-branch", "--", url, folder], { url, remote });
}

async function clone(
  args: readonly string[],
  { url, remote }: { url: string; remote: RemoteOptions },
): Promise<void> {
  const argv = ["git", "clone", "--quiet", "--template=", ...args] as const;
  const { exitCode, stderr } = await run(argv, remote);
  if (exitCode === 0) return;
  const words = stderr.trim().split("\n").slice(-3).join("; ");
  throw new DisintoError("git.failed", `${url} could not be cloned: ${words}`, {
    hint: "check the address, and that git can clone it without asking",
  });
}

/** One commit of everything in the folder, on `main`. */
async function initRepository(folder: string, commits?: readonly FirstCommit[]): Promise<void> {
  const everything = { subject: "A greeter", author: "operator", date: new Date(), files: ["."] };
  const here = { cwd: folder, env: localGitEnvironment() };
  await runOrThrow(["git", "init", "--quiet", "--template=", "--initial-branch=main"], here);
  for (const { subject, author, date, files } of commits ?? [everything]) {
    const [email, time] = [`${author.toLowerCase()}@bots.invalid`, date.toISOString()];
    const env = localGitEnvironment({
      GIT_AUTHOR_NAME: author,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: time,
      GIT_COMMITTER_NAME: author,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: time,
    });
    await runOrThrow(["git", "add", "--", ...files], here);
    await runOrThrow(["git", "commit", "--quiet", "--no-verify", "-m", subject], { ...here, env });
  }
}

/** Clones into the folder, which stays for looking at. */
async function readHistory({ folder, url, access }: Seed): Promise<History> {
  const remote = remoteGitOptions(access, WHOLE_REPOSITORY_S);
  await runOrThrow(["git", "clone", "--quiet", "--template=", url, folder], remote);
  const here = { cwd: folder, env: localGitEnvironment() };
  const log = await runOrThrow(["git", "log", "--format=%H%x09%an%x09%s"], here);
  const refs = await runOrThrow(["git", "ls-remote", "--quiet", url], remote);
  return {
    commits: splitLines(log).map(([sha = "", author = "", subject = ""]) => ({
      sha,
      author,
      subject,
    })),
    refs: new Map(splitLines(refs).map(([sha = "", ref = ""]) => [ref, sha])),
  };
}

async function archive(source: Parameters<Repositories["archive"]>[0]): Promise<Uint8Array> {
  const { url, access, branch } = source;
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-archive-"));
  try {
    const bare = path.join(folder, "bare.git");
    const inside = { cwd: bare, env: localGitEnvironment() };
    const init = ["git", "init", "--quiet", "--bare", "--template=", bare] as const;
    await runOrThrow(init, { env: inside.env });
    const ref = `${HEADS}${branch}`;
    const fetch = ["git", "fetch", "--quiet", "--depth=1", "--no-tags", url] as const;
    await runOrThrow([...fetch, `+${ref}:${ref}`], {
      cwd: bare,
      ...remoteGitOptions(access, WHOLE_REPOSITORY_S),
    });
    await runOrThrow(["git", "archive", "--format=tar", "--output=../tree.tar", ref], inside);
    return await readFile(path.join(folder, "tree.tar"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function splitLines(text: string): readonly string[][] {
  return text.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")]));
}
