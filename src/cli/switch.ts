/** `disinto agent enable|disable`. */
import { type Switching, switchAgents } from "../apply/enablement.ts";
import { loadFactory } from "../config/load.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { requireBot } from "./agents.ts";
import type { Tools } from "./tools.ts";

export async function switchBots(
  tools: Tools,
  { all, ...switching }: Switching & { readonly all: boolean },
): Promise<ExitCode> {
  const { folder, enabled } = switching;
  const { factory } = await loadFactory(folder, tools.version);
  const names = all ? factory.bots.map(({ name }) => name) : switching.names;
  for (const name of names) requireBot(factory.bots, name);
  if (names.length === 0)
    throw new DisintoError("usage.invalid", "no bot was named", {
      hint: "name some, or pass --all",
    });
  await switchAgents(tools, { ...switching, names });
  tools.say(`${names.join(", ")}: ${enabled ? "enabled" : "disabled"}`);
  return ExitCode.done;
}
