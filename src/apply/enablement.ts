/** Switches bots on and off, in their sections and in the engine; a bot that is off keeps its volumes. */
import { findHolders, listProjectNames, writeAgentSection } from "../config/agent-section.ts";
import { loadFactory } from "../config/load.ts";
import { deriveServiceName } from "../core/names.ts";
import { LOCK_LIMIT_MS } from "./forge-access.ts";
import type { InitTools } from "./init-tools.ts";
import { applyServices } from "./up.ts";

export interface Switching {
  readonly folder: string;
  readonly names: readonly string[];
  readonly enabled: boolean;
}

export async function switchAgents(tools: InitTools, switching: Switching): Promise<void> {
  const { folder, names, enabled } = switching;
  const { version, say } = tools;
  const before = await loadFactory(folder, version);
  for (const bot of before.factory.bots) {
    if (names.includes(bot.name) && bot.enabled !== enabled)
      await writeSwitch({ folder, version, name: bot.name, enabled });
  }
  const { factory, environment } = await loadFactory(folder, version);
  const containers = await tools.containers(factory, folder);
  const only = factory.bots.filter(({ name }) => names.includes(name)).map(deriveServiceName);
  const { oneShots } = tools;
  const fleet = { factory, folder, containers, environment, say, oneShots };
  await applyServices({ ...fleet, only, waitMs: LOCK_LIMIT_MS });
}

interface Switch {
  readonly folder: string;
  readonly version: string;
  readonly name: string;
  readonly enabled: boolean;
}

/** Changes every section of the bot, since they must agree; a bot of LLAMA_BOTS without one gets its first. */
async function writeSwitch({ enabled, ...bot }: Switch): Promise<void> {
  const projects = await listProjectNames(bot.folder);
  const holders = await findHolders(bot.folder, bot.name);
  const files = holders.length > 0 ? holders : [...projects.keys()].slice(0, 1);
  const change = { ...bot, settings: { enabled } };
  await writeAgentSection(change, files);
}
