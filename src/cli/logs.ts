import { resolve } from "node:path";
import { suggest } from "../config/suggest.ts";
import { deriveDesired } from "../core/desired.ts";
import { deriveServiceName } from "../core/names.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

/** What a service wrote; a bot may be called by its own name. */
export async function logs(
  tools: Tools,
  { folder, name, follow = false }: { folder: string; name?: string; follow?: boolean },
): Promise<ExitCode> {
  const { factory, containers } = await openFleet(tools, folder);
  const bot = factory.bots.find((one) => one.name === name);
  const service = bot ? deriveServiceName(bot) : name;
  const known = deriveDesired(factory, resolve(folder)).services.map((one) => one.name);
  if (service !== undefined && !known.includes(service)) {
    const names = [...factory.bots.map((one) => one.name), ...known];
    const near = suggest(service, names);
    const hint = near ? `did you mean ${near}?` : `one of ${names.join(", ")}`;
    throw new DisintoError("usage.invalid", `there is no bot or service ${name}`, { hint });
  }
  await containers.showLogs(service === undefined ? [] : [service], { follow, show: tools.print });
  return ExitCode.done;
}
