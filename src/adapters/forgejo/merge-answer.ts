/**
 * What Forgejo's answer to a merge means, by status and message (MergePullRequest in routers/api/v1/repo/pull.go,
 * CheckPullBranchProtections in services/pull/merge.go). Whether it merged is read back, never taken from here.
 */
import * as z from "zod";
import type { MergeAnswer, MergeRefusal } from "../../ports/forge.ts";
import type { Answer } from "./http.ts";

/** Statuses that are an answer to a merge, not a failure of the connection. */
export const MERGE_REFUSALS: readonly number[] = [404, 405, 409, 413, 423, 500];

const Body = z.object({
  message: z.string().optional(),
  /** True for a conflict, which Forgejo answers with the bare error. */
  StdErr: z.string().optional(),
});

/** The messages are in the order of Forgejo's own checks; each occurs in its source once. */
const meanings: readonly (readonly [status: number, words: RegExp, cause: MergeRefusal])[] = [
  [405, /not allowed to merge PR/, "forbidden"],
  [405, /[Ww]ork in progress/, "draft"],
  [405, /try again later/, "not-ready"],
  [405, /required status checks/, "checks"],
  [405, /enough approvals/, "approvals"],
  [405, /requested changes|official review requests/, "changes-requested"],
  [405, /behind the base branch/, "moved"],
  [405, /protected files/, "protected-files"],
  [405, /merge style|signed commits|would not be signed/, "forbidden"],
  [409, /out of date|sha does not match/, "moved"],
  // The push of the merge was refused by a hook. Whether the base moved is read afterwards, from the base itself.
  [409, /^PushRejected with remote message/, "forbidden"],
  [500, /DivergingFastForwardOnly|Not possible to fast-forward/, "moved"],
  [500, /dependencies/, "dependencies"],
];

const byStatus: Readonly<Record<number, MergeRefusal>> = {
  413: "forbidden",
  423: "forbidden",
};

export function readMergeAnswer({ status, text }: Answer): MergeAnswer {
  if (status === 200) return { type: "accepted" };
  const body = Body.safeParse(parseJson(text)).data ?? {};
  const words = body.message ?? body.StdErr ?? "";
  return {
    type: "refused",
    cause: classify(status, { words, isBareError: body.message === undefined }),
    reason: `${status}: ${(words || text).slice(0, 500)}`,
  };
}

function classify(
  status: number,
  { words, isBareError }: { words: string; isBareError: boolean },
): MergeRefusal {
  // Forgejo's own rules, which its hook checks once more.
  const isRuleOfHook =
    status === 409 && /^PushRejected.*not allowed to merge \[reason: /.test(words);
  const of = isRuleOfHook ? 405 : status;
  const known = meanings.find(([one, pattern]) => one === of && pattern.test(words));
  if (known) return known[2];
  if (status === 409 && isBareError) return "conflict";
  return byStatus[status] ?? "not-ready";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
