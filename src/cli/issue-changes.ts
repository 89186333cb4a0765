/** `disinto retry`, `approve`, `block` and `release`. */
import {
  approveIssue,
  blockIssue,
  findLease,
  type ObservedLease,
  releaseIssue,
  requireApprover,
  retryIssue,
  showIssue,
} from "../apply/issue-actions.ts";
import { APPROVED, PROTECTED_PATHS } from "../bot/issue/choose.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { askOnTerminal } from "./fleet.ts";
import { type IssueFlags, withIssue } from "./issue-context.ts";
import type { Tools } from "./tools.ts";

export async function retry(tools: Tools, flags: IssueFlags): Promise<ExitCode> {
  await withIssue(tools, flags, async (context) => {
    await retryIssue(context, context.number);
    tools.say(`issue #${context.number} is in the backlog again, with fresh budgets`);
  });
  return ExitCode.done;
}

/** Shows the text as a bot would read it, and binds the approval to it. */
export async function approve(
  tools: Tools,
  flags: IssueFlags & { readonly protectedPaths?: boolean },
): Promise<ExitCode> {
  await withIssue(tools, flags, async (context) => {
    const { number, issues, factory, project, forge } = context;
    const { adminUser } = factory.forge;
    requireApprover(adminUser, project, await forge.writers(project.repo));
    const { title, body, author, hidden, pin } = showIssue(await issues.get(number));
    tools.say(`#${number} ${title}\nby ${author}\n\n${body}\n`);
    if (hidden > 0) tools.say(`${hidden} characters that nobody sees are left out, here and there`);
    if (!flags.yes) await confirmText(tools, number);
    const label = flags.protectedPaths ? PROTECTED_PATHS : APPROVED;
    await approveIssue(context, { number, pin, label });
    tools.say(`issue #${number} is approved as it was shown (${label})`);
  });
  return ExitCode.done;
}

export async function block(
  tools: Tools,
  flags: IssueFlags & { readonly reason?: string },
): Promise<ExitCode> {
  await withIssue(tools, flags, async (context) => {
    const { number } = context;
    await blockIssue(context, { number, reason: flags.reason });
    tools.say(`issue #${number} is blocked; a bot that is at it stops within one poll`);
    tools.say(`to put it back into the backlog: disinto retry ${number}`);
  });
  return ExitCode.done;
}

async function confirmText(tools: Tools, number: number): Promise<void> {
  if (await askOnTerminal(tools.signal)?.("may bots do what this text asks for?")) return;
  throw new DisintoError("removal.unconfirmed", `the text of issue #${number} is not approved`, {
    hint: `once you have read it: disinto approve ${number} --yes`,
  });
}

export async function release(tools: Tools, flags: IssueFlags): Promise<ExitCode> {
  await withIssue(tools, flags, async (context) => {
    const { number } = context;
    const lease = await findLease(context, number);
    if (lease && !flags.yes) await confirm(tools, number, lease);
    await releaseIssue(context, { number, lease });
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
