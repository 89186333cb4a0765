/** Takes a bot's work back from it, as the operator: its leases go, its issues return to the backlog. */
import { isSameLogin } from "../core/names.ts";
import { DisintoError } from "../errors.ts";
import type { Issues } from "../ports/forge.ts";
import type { Mirror } from "../ports/git.ts";
import { BACKLOG, IN_PROGRESS } from "./issue/choose.ts";
import { readHolder } from "./leases/lease.ts";

export interface ReleaseTools {
  readonly mirror: Mirror;
  readonly issues: Issues;
  readonly bot: { readonly name: string; readonly forgeUser: string };
}

/** Only for a bot that no longer runs. Answers the numbers of the issues that are free again. */
export async function releaseWork(place: ReleaseTools): Promise<readonly number[]> {
  const leased = await releaseLeases(place);
  const { issues, bot } = place;
  const assigned = (await issues.listOpen(IN_PROGRESS)).filter(({ assignees }) =>
    assignees.some((login) => isSameLogin(login, bot.forgeUser)),
  );
  const numbers = [...new Set([...leased, ...assigned.map(({ number }) => number)])];
  for (const number of numbers) await returnToBacklog(place, number);
  return numbers.sort((a, b) => a - b);
}

/** A push that was under way when the bot was stopped ends after it: the lease has moved on by then. */
const MAX_TRIES = 5;

/** The issues whose leases were the bot's. */
async function releaseLeases(place: ReleaseTools): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (const [ref, sha] of await place.mirror.refresh()) {
    if (!ref.startsWith("refs/disinto/")) continue;
    if (!(await releaseLease(place, ref, sha))) continue;
    const issue = /^refs\/disinto\/claims\/(\d+)$/.exec(ref)?.[1];
    if (issue) numbers.push(Number(issue));
  }
  return numbers;
}

/** False where it is not, or no longer, the bot's. */
async function releaseLease(
  { mirror, bot }: ReleaseTools,
  ref: string,
  sha: string,
): Promise<boolean> {
  let from = sha;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if ((await readHolder({ mirror }, from)) !== bot.name) return false;
    await mirror.swap([{ ref, from, to: undefined }]);
    if (!(await mirror.readRefs([ref])).has(ref)) return true;
    const found = (await mirror.refresh()).get(ref);
    if (found === undefined) return true;
    from = found;
  }
  throw new DisintoError("forge.conflict", `the lease ${ref} of ${bot.name} is still there`, {
    hint: "make sure that the bot is not running anywhere, and run the same command again",
  });
}

async function returnToBacklog({ issues, bot }: ReleaseTools, number: number): Promise<void> {
  const { state, assignees } = await issues.get(number);
  if (state === "closed") return;
  await issues.setAssignees(
    number,
    assignees.filter((login) => !isSameLogin(login, bot.forgeUser)),
  );
  await issues.relabel(number, { add: [BACKLOG], remove: [IN_PROGRESS] });
}
