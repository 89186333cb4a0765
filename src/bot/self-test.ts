/**
 * How a new bot proves itself, with nothing but its own token: it can hold a lease and push its work, and it
 * cannot push to the primary branch. Safe to run again after a kill; what it made on the forge is gone afterwards.
 */
import type { Bot, Project, RepoId } from "../core/factory.ts";
import { deriveEmail, isSameLogin } from "../core/names.ts";
import { DisintoError, type ErrorCode } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Forge } from "../ports/forge.ts";
import type { Author, Mirror, Refs } from "../ports/git.ts";
import { adoptLease, type LeaseTools, releaseLease, takeLease } from "./leases/lease.ts";
import { deriveClaimRef } from "./leases/refs.ts";

const UNTAKEN: ReadonlySet<ErrorCode> = new Set(["forge.unavailable", "push.refused"]);

export interface SelfTestTools {
  readonly clock: Clock;
  readonly forge: (url: string, token: string) => Promise<Pick<Forge, "whoami">>;
  /** A mirror in a folder of its own, gone with `discard`. */
  readonly scratchMirror: (remote: Remote) => Promise<ScratchMirror>;
}

export interface Remote {
  readonly forgeUrl: string;
  readonly repo: RepoId;
  readonly login: string;
  readonly token: string;
}

export interface ScratchMirror {
  readonly mirror: Mirror;
  readonly discard: () => Promise<void>;
}

interface Candidate {
  readonly bot: Pick<Bot, "name" | "forgeUser">;
  readonly token: string;
  readonly forgeUrl: string;
  readonly factoryRepo: RepoId;
  readonly projects: readonly Pick<Project, "repo" | "primaryBranch">[];
}

/** Answers the repositories that have no primary branch yet, where pushes could not be tried. */
export async function verifyBot(
  tools: SelfTestTools,
  { bot, token, forgeUrl, factoryRepo: repo, projects }: Candidate,
): Promise<readonly RepoId[]> {
  const login = await (await tools.forge(forgeUrl, token)).whoami({ login: bot.forgeUser, repo });
  if (!isSameLogin(login, bot.forgeUser)) {
    throw new DisintoError("credentials.wrong", `the token of ${bot.name} belongs to ${login}`, {
      hint: "run disinto init",
    });
  }
  const empty: RepoId[] = [];
  for (const { repo, primaryBranch } of projects) {
    const { mirror, discard } = await tools.scratchMirror({ forgeUrl, repo, login, token });
    const newNonce = () => crypto.randomUUID();
    const lease = { mirror, clock: tools.clock, holder: bot.name, newNonce };
    const author = { name: login, email: deriveEmail(login) };
    const test = { lease, mirror, author, repo: `${repo.owner}/${repo.name}`, primaryBranch };
    try {
      if (!(await verifyAccess(test))) empty.push(repo);
    } finally {
      await discard();
    }
  }
  return empty;
}

interface SelfTest {
  readonly lease: LeaseTools;
  readonly mirror: Mirror;
  readonly author: Author;
  /** `owner/name`, for messages. */
  readonly repo: string;
  readonly primaryBranch: string;
}

/** Returns false if there is no primary branch yet. */
async function verifyAccess(test: SelfTest): Promise<boolean> {
  const refs = await test.mirror.refresh();
  await verifyLease(test, refs);
  const head = refs.get(`refs/heads/${test.primaryBranch}`);
  if (head === undefined) return false;
  await verifyWork(test, refs, head);
  await verifyRefusal(test, head);
  return true;
}

async function verifyLease({ lease: tools, repo }: SelfTest, refs: Refs): Promise<void> {
  const ref = deriveClaimRef(`self-test-${tools.holder}`);
  try {
    const left = refs.get(ref);
    const old = left && (await adoptLease(tools, ref, left));
    if (old) await releaseLease(tools, old);
    const lease = await takeLease(tools, ref);
    if (!lease) throw toSelfTestError(tools.holder, `hold the lease ${ref} in ${repo}`);
    await releaseLease(tools, lease);
  } catch (error) {
    if (!(error instanceof DisintoError) || !UNTAKEN.has(error.code)) throw error;
    throw toSelfTestError(tools.holder, `take a lease in ${repo}`, error);
  }
}

async function verifyWork({ mirror, lease, repo }: SelfTest, refs: Refs, head: string) {
  const ref = `refs/heads/fix/self-test-${lease.holder}`;
  const left = refs.get(ref);
  if (left !== undefined) await mirror.swap([{ ref, from: left, to: undefined }]);
  await mirror.swap([{ ref, from: undefined, to: head }]);
  if ((await mirror.readRefs([ref])).get(ref) !== head)
    throw toSelfTestError(lease.holder, `push to ${ref} in ${repo}`);
  await mirror.swap([{ ref, from: head, to: undefined }]);
  if ((await mirror.readRefs([ref])).has(ref))
    throw toSelfTestError(lease.holder, `delete ${ref} in ${repo}`);
}

/** An empty commit is tried; should the forge take it, it is taken back at once. */
async function verifyRefusal({ mirror, lease, ...test }: SelfTest, head: string): Promise<void> {
  const ref = `refs/heads/${test.primaryBranch}`;
  const commit = await mirror.objects.commit({
    tree: await mirror.objects.treeOf(head),
    parents: [head],
    message: "A push that the forge must refuse",
    author: test.author,
    at: lease.clock.now().toISOString(),
  });
  await mirror.swap([{ ref, from: head, to: commit }]);
  if ((await mirror.readRefs([ref])).get(ref) !== commit) return;
  await mirror.swap([{ ref, from: commit, to: head }]);
  throw new DisintoError(
    "forge.invalid",
    `the forge allowed ${lease.holder} to push to ${test.primaryBranch} in ${test.repo}`,
    { hint: "run disinto init to repair the branch protection; until then no bot should run" },
  );
}

function toSelfTestError(bot: string, what: string, cause?: unknown): DisintoError {
  return new DisintoError("forge.forbidden", `${bot} could not ${what}`, {
    hint: "run the same command again; if the problem persists, look at the forge's log",
    cause,
  });
}
