/** `disinto agents` and `disinto agent status`: every declared bot, what it does and how it is. */
import { findForeignCredentials } from "../apply/account-check.ts";
import { type BotReport, reportBots } from "../apply/bot-report.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { harnesses } from "../harness/definitions.ts";
import { openFleet } from "./fleet.ts";
import { readAllEvents } from "./issue-context.ts";
import type { Tools } from "./tools.ts";

interface AgentsFlags {
  readonly folder: string;
  /** Empty: all of them. */
  readonly names?: readonly string[];
  readonly json?: boolean;
}

export async function agents(tools: Tools, question: AgentsFlags): Promise<ExitCode> {
  const { folder, names = [], json } = question;
  const fleet = await openFleet(tools, folder);
  for (const name of names) requireBot(fleet.factory.bots, name);
  const bots = fleet.factory.bots.filter(({ name }) => names.length === 0 || names.includes(name));
  const reports = await reportBots({
    ...fleet,
    factory: { ...fleet.factory, bots },
    forge: tools.forge,
    events: await readAllEvents(tools, fleet.factory, folder),
    foreign: await findForeignCredentials(tools, fleet),
  });
  if (json) tools.print(`${JSON.stringify({ agents: reports }, undefined, 2)}\n`);
  else for (const line of formatTable(reports)) tools.print(`${line}\n`);
  if (reports.some(({ foreignCredentials = [] }) => foreignCredentials.length > 0))
    tools.say("what is not of this factory goes with disinto init, or disinto rotate");
  if (!json && bots.length === 0) tools.say("no bot is declared: name one in LLAMA_BOTS in .env");
  return ExitCode.done;
}

export function requireBot(bots: readonly { readonly name: string }[], name: string): void {
  if (bots.some((bot) => bot.name === name)) return;
  const hint = `one of: ${bots.map((bot) => bot.name).join(", ") || "none is declared"}`;
  throw new DisintoError("usage.invalid", `there is no bot ${name}`, { hint });
}

function formatTable(reports: readonly BotReport[]): readonly string[] {
  const rows = reports.map((one) => [
    one.name,
    one.state,
    one.roles.join(","),
    one.projects.join(","),
    one.harness,
    harnesses[one.harness].asksModel ? `${one.model} at ${one.backend}` : "",
    `${one.forgeUser}: credentials ${[one.credentials, ...(one.foreignCredentials ?? [])].join(", and not of this factory: ")}`,
    one.origin,
    one.work,
  ]);
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .flatMap((cell, column) => (widths?.[column] ? [cell.padEnd(widths[column] ?? 0)] : []))
      .join("   ")
      .trimEnd(),
  );
}
