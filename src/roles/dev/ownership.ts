/** Whose earlier work on an issue is: a branch of the right name may be a person's, or another tool's. */
import type { BotTools, ProjectTools } from "../../bot/tools.ts";
import { deriveEmail } from "../../core/names.ts";
import type { Pull } from "../../ports/forge.ts";
import type { Work } from "./work.ts";

interface Earlier {
  readonly work: Work;
  readonly base: string;
  readonly head: string;
  readonly pull: Pull | undefined;
}

/**
 * What the lease says was pushed for it; what was in progress and assigned to this bot without a lease; what a
 * bot opened a pull request of; or a branch on which nobody but bots committed.
 */
export async function isOurs(
  { user }: BotTools,
  { mirror }: ProjectTools,
  { work, base, head, pull }: Earlier,
): Promise<boolean> {
  if (work.pull !== undefined || work.publishing !== undefined || work.isLeftOver) return true;
  const hands = [user, ...(work.hands ?? [])];
  if (pull && (pull.isByBot || hands.some((login) => isSame(login, pull.author)))) return true;
  const emails = await mirror.authorsOf(base, head);
  return emails.length > 0 && emails.every(isOfBot);
}

function isOfBot(email: string): boolean {
  return isSame(email, deriveEmail(email.split("@")[0] ?? ""));
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
