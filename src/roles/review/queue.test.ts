import { expect, test } from "vitest";
import { LeaseLost } from "../../bot/leases/claim.ts";
import type { BotTools } from "../../bot/tools.ts";
import { reviewNext } from "./queue.ts";

const headSha = "a".repeat(40);
const pull = {
  number: 8,
  title: "Tea",
  author: "dev",
  state: "open",
  head: "fix/issue-7",
  headSha,
  base: "main",
  baseSha: "b".repeat(40),
};

/** A pull request whose review takes longer than the lease that it is done under, unless `isHeld`. */
function open({ isHeld }: { readonly isHeld: boolean }) {
  const submitted: unknown[] = [];
  const claim = {
    isHeld,
    release: async () => undefined,
    assertHeld: () => {
      if (!isHeld) throw new LeaseLost("the term has passed");
    },
  };
  const target = {
    project: {
      name: "shop",
      primaryBranch: "main",
      ci: { provider: "external", required: [], whenAbsent: "pass" },
    },
    pulls: { listOpen: async () => [pull] },
    reviews: {
      of: async () => [],
      submit: async (_: number, review: unknown) => void submitted.push(review),
    },
    statuses: { of: async () => [] },
    issues: { comments: async () => [] },
    claims: {
      tryAcquire: async () => true,
      withLease: async (
        _: string,
        signal: AbortSignal,
        act: (one: typeof claim, signal: AbortSignal) => Promise<unknown>,
      ) =>
        act(claim, signal).catch((error: unknown) => {
          if (error instanceof LeaseLost) return { type: "lost" };
          throw error;
        }),
    },
    folders: { prepare: async () => "/nowhere", discard: async () => undefined },
    mirror: {
      refresh: async () =>
        new Map([
          ["refs/heads/main", pull.baseSha],
          ["refs/heads/fix/issue-7", headSha],
        ]),
      objects: { diff: async () => "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n" },
    },
  };
  const verdict = { verdict: "approve", body: "good", comments: [] };
  const tools = {
    user: "critic",
    events: { append: () => undefined },
    harness: { run: async () => ({ type: "finished", verdict }) },
    projects: new Map([["shop", target]]),
  } as unknown as BotTools;
  return { submitted, review: () => reviewNext(tools, new Map(), new AbortController().signal) };
}

test("a review that outlasted its lease is not submitted: another bot may have given its own by now", async () => {
  const [held, lost] = [open({ isHeld: true }), open({ isHeld: false })];

  expect([await held.review(), await lost.review()]).toEqual([true, false]);
  expect(held.submitted).toMatchObject([{ verdict: "approved", sha: headSha }]);
  expect(lost.submitted).toEqual([]);
});
