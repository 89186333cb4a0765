import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildMirror } from "../../adapters/git/mirror.ts";
import { runOrThrow } from "../../adapters/process.ts";
import { systemClock } from "../../adapters/system-clock.ts";
import type { Mirror } from "../../ports/git.ts";
import {
  adoptLease,
  type LeaseTools,
  pushFenced,
  releaseLease,
  renewLease,
  takeLease,
} from "./lease.ts";
import { deriveClaimRef } from "./refs.ts";

let root: string;
let remote: string;
let count = 0;

const nothing = { counters: {}, facts: {} };

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-lease-"));
  remote = path.join(root, "remote.git");
  await runOrThrow(["git", "init", "--quiet", "--bare", remote]);
});

afterAll(() => rm(root, { recursive: true, force: true }));

function openMirror(): Mirror {
  const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
  return buildMirror({ folder: path.join(root, `mirror-${++count}.git`), url: remote, access });
}

async function contender(holder: string, { deaf = false } = {}): Promise<LeaseTools> {
  const mirror = openMirror();
  await mirror.refresh();
  return {
    mirror: deaf ? withLostAnswers(mirror) : mirror,
    clock: systemClock,
    holder,
    newNonce: () => crypto.randomUUID(),
  };
}

/** A remote that does what it is told and says that it did not. */
function withLostAnswers(mirror: Mirror): Mirror {
  return { ...mirror, swap: async (swaps) => mirror.swap(swaps).then(() => "unclear") };
}

test("of eight bots that claim an issue at once, exactly one wins", async () => {
  const bots = await Promise.all(
    Array.from({ length: 8 }, (_, index) => contender(`bot-${index}`)),
  );
  for (const round of [101, 102, 103]) {
    const taken = await Promise.all(bots.map((bot) => takeLease(bot, deriveClaimRef(round))));

    expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
  }
});

test("a winner that never heard so finds out by reading the ref", async () => {
  const deaf = await contender("deaf", { deaf: true });

  const lease = await takeLease(deaf, deriveClaimRef(201));

  expect(lease?.sha).toBe(
    (await deaf.mirror.readRefs([deriveClaimRef(201)])).get(deriveClaimRef(201)),
  );
});

test("a renewed lease carries its counters and the old one can no longer be renewed", async () => {
  const bot = await contender("ada");
  const first = await takeLease(bot, deriveClaimRef(301));
  if (!first) throw new Error("not taken");

  const second = await renewLease(bot, first, { counters: { ciFixes: 2 }, facts: {} });

  expect(second?.counters).toEqual({ ciFixes: 2 });
  expect(await renewLease(bot, { ...first, candidates: new Map() })).toBeUndefined();
});

test("a restarted bot adopts its lease, and its paused twin loses it", async () => {
  const twin = await contender("ada");
  const lease = await takeLease(twin, deriveClaimRef(401), { counters: { attempts: 1 } });
  if (!lease) throw new Error("not taken");
  const restarted = await contender("ada");

  const adopted = await adoptLease(restarted, lease.ref, lease.sha);

  expect(adopted?.counters).toEqual({ attempts: 1 });
  expect(await renewLease(twin, lease)).toBeUndefined();
});

test("nobody adopts another bot's lease", async () => {
  const lease = await takeLease(await contender("ada"), deriveClaimRef(402));
  const stranger = await contender("eve");

  expect(await adoptLease(stranger, lease?.ref ?? "", lease?.sha ?? "")).toBeUndefined();
});

test("a bot that lost its lease cannot push its work: branch and lease move together or not at all", async () => {
  const slow = await contender("slow");
  const lease = await takeLease(slow, deriveClaimRef(501));
  if (!lease) throw new Error("not taken");
  const quick = await contender("quick");
  await releaseLease(slow, lease);
  await takeLease(quick, lease.ref);
  const branch = {
    ref: "refs/heads/fix/issue-501",
    from: undefined,
    to: await slow.mirror.objects.note("stale work"),
  };

  expect(await pushFenced(slow, lease, { branch, ...nothing })).toEqual({ type: "lost" });
  expect((await slow.mirror.readRefs([branch.ref])).size).toBe(0);
});

test("a fenced push whose answer is lost is known to have landed", async () => {
  const deaf = await contender("deaf", { deaf: true });
  const lease = await takeLease(deaf, deriveClaimRef(601));
  if (!lease) throw new Error("not taken");
  const branch = {
    ref: "refs/heads/fix/issue-601",
    from: undefined,
    to: await deaf.mirror.objects.note("work"),
  };

  const pushed = await pushFenced(deaf, lease, { branch, ...nothing });

  expect(pushed.type).toBe("pushed");
  expect((await deaf.mirror.readRefs([branch.ref])).get(branch.ref)).toBe(branch.to);
});

test("a branch that somebody else moved is reported and left as it is", async () => {
  const bot = await contender("ada");
  const lease = await takeLease(bot, deriveClaimRef(701));
  if (!lease) throw new Error("not taken");
  const ref = "refs/heads/fix/issue-701";
  const theirs = await bot.mirror.objects.note("a person's commit");
  await bot.mirror.swap([{ ref, from: undefined, to: theirs }]);

  const pushed = await pushFenced(bot, lease, {
    branch: { ref, from: undefined, to: await bot.mirror.objects.note("mine") },
    ...nothing,
  });

  expect(pushed.type).toBe("moved");
  expect((await bot.mirror.readRefs([ref])).get(ref)).toBe(theirs);
});

test("a released lease can be taken again", async () => {
  const bot = await contender("ada");
  const lease = await takeLease(bot, deriveClaimRef(801));
  if (!lease) throw new Error("not taken");

  await releaseLease(bot, lease);

  expect(await takeLease(await contender("eve"), lease.ref)).toBeDefined();
});
