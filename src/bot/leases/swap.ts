/** One compare-and-swap, offered again until it is known what stands: a refusal alone proves nothing. */
import { DisintoError } from "../../errors.ts";
import type { Mirror, Swap, SwapAnswer } from "../../ports/git.ts";

const MAX_TRIES = 8;
/** A rule of the server's is not changed by asking again; one more time in case it was no rule. */
export const MAX_REFUSALS = 2;

interface SwapOptions {
  /** Commits of this process's own whose answer never came; the swap goes on from one of them. */
  readonly isOwn?: (sha: string) => boolean;
}

/** Returns false if another process's commit is there. */
export async function compareAndSwap(
  mirror: Pick<Mirror, "readRefs" | "swap">,
  { ref, from, to }: Swap,
  { isOwn = () => false }: SwapOptions = {},
): Promise<boolean> {
  let expected = from;
  let refusals = 0;
  let answer: SwapAnswer = "unclear";
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    answer = await mirror.swap([{ ref, from: expected, to }]);
    if (answer === "applied") return true;
    const standing = (await mirror.readRefs([ref])).get(ref);
    if (standing === to) return true;
    if (standing !== expected && !(standing && isOwn(standing))) return false;
    expected = standing;
    if (answer !== "unclear" && ++refusals >= MAX_REFUSALS) break;
  }
  throw toSwapError(ref, answer);
}

/** What was offered again and again and never stood. */
export function toSwapError(ref: string, answer: SwapAnswer): DisintoError {
  if (typeof answer === "object")
    return new DisintoError(
      answer.isServerError ? "forge.failed" : "push.refused",
      `the forge refuses every push to ${ref}: ${answer.refused}`,
      { hint: "run `disinto init` to verify and repair access" },
    );
  return new DisintoError(
    "forge.unavailable",
    `the forge neither accepted nor refused the update of ${ref}`,
    {
      hint: "the bot retries by itself; check the forge's log if this persists",
    },
  );
}
