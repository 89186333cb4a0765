/** One compare-and-swap, offered again until it is known what stands: a refusal alone proves nothing. */
import { DisintoError } from "../../errors.ts";
import type { Mirror, Swap } from "../../ports/git.ts";

const MAX_TRIES = 8;

interface Insistence {
  /** Commits of this process's own whose answer never came; the swap goes on from one of them. */
  readonly isOwn?: (sha: string) => boolean;
}

/** False: something of somebody else's stands there. */
export async function swapForCertain(
  mirror: Pick<Mirror, "readRefs" | "swap">,
  { ref, from, to }: Swap,
  { isOwn = () => false }: Insistence = {},
): Promise<boolean> {
  let expected = from;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    if ((await mirror.swap([{ ref, from: expected, to }])) === "applied") return true;
    const standing = (await mirror.readRefs([ref])).get(ref);
    if (standing === to) return true;
    if (standing !== expected && !(standing && isOwn(standing))) return false;
    expected = standing;
  }
  throw unclearSwap(ref);
}

export function unclearSwap(ref: string): DisintoError {
  return new DisintoError(
    "forge.unavailable",
    `the forge neither took nor refused a change of ${ref}`,
    {
      hint: "the bot tries again by itself; look at the forge's log if this stays",
    },
  );
}
