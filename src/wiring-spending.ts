/** Builds what one bot counts its spending with: its ledger at the forge, and its sessions on disk. */
import path from "node:path";
import { buildJournalFile } from "./adapters/journal-file.ts";
import type { BotSettings } from "./bot/settings.ts";
import { Ledger } from "./bot/spending/ledger.ts";
import { Spending } from "./bot/spending/spending.ts";
import type { Clock } from "./ports/clock.ts";
import type { EventLog } from "./ports/event-log.ts";
import type { Mirror } from "./ports/git.ts";

interface SpendingOptions {
  /** The mirror of the factory's repository. */
  readonly mirror: Mirror;
  readonly clock: Clock;
  readonly events: EventLog;
}

export function buildSpending(
  settings: BotSettings,
  { mirror, clock, events }: SpendingOptions,
): Spending {
  const { name: bot, budget: factory, limits, projects, model, harness } = settings;
  const { issue, day } = limits;
  const find = (name: string) => projects.find((project) => project.name === name);
  const newNonce = () => crypto.randomUUID();
  return new Spending({
    ledger: new Ledger({ mirror, clock, bot, newNonce }),
    clock,
    events,
    bot,
    model: model?.name ?? harness,
    pollIntervalMs: settings.pollIntervalMs,
    random: Math.random,
    budgetsOf: (name) => ({ factory, project: find(name)?.budget, bot: { issue, day } }),
    pricesOf: (name) => find(name)?.prices,
    journal: buildJournalFile(path.join(settings.dataFolder, "spending.json")),
  });
}
