/** `disinto retry` and `disinto release`. */
import { findLease, type ObservedLease, releaseIssue, retryIssue } from "../apply/issue-actions.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { askOnTerminal } from "./fleet.ts";
import { type IssueFlags, withIssue } from "./issue-context.ts";
import type { Tools } from "./tools.ts";

export async function retry(tools: Tools, flags: IssueFlags): Promise<ExitCode> {
  await withIssue(tools, flags, async (office) => {
    await retryIssue(office, office.number);
    tools.say(`issue #${office.number} is in the backlog again, with fresh budgets`);
  });
  return ExitCode.done;
}

export async function release(tools: Tools, flags: IssueFlags): Promise<ExitCode> {
  await withIssue(tools, flags, async (office) => {
    const { number } = office;
    const lease = await findLease(office, number);
    if (lease && !flags.yes) await confirm(tools, number, lease);
    await releaseIssue(office, { number, lease });
    const from = lease ? ` from ${lease.holder}` : "";
    tools.say(`issue #${number} is released${from} and in the backlog again; its branch is kept`);
  });
  return ExitCode.done;
}

async function confirm(tools: Tools, number: number, { holder }: ObservedLease): Promise<void> {
  const question = `take issue #${number} from ${holder}? Work that it has not pushed is lost`;
  if (await askOnTerminal(tools.signal)?.(question)) return;
  throw new DisintoError("removal.unconfirmed", `${holder} holds issue #${number}`, {
    hint: `look at it with disinto issue ${number}, then: disinto release ${number} --yes`,
  });
}
