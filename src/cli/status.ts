import { resolve } from "node:path";
import { deriveDesired } from "../core/desired.ts";
import { formatStatus, summarizeServices } from "../core/service-status.ts";
import { ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

/** What is declared beside what runs. */
export async function status(
  tools: Tools,
  { folder, json }: { folder: string; json?: boolean },
): Promise<ExitCode> {
  const { factory, containers } = await openFleet(tools, folder);
  const { containers: observed } = await containers.observe();
  const services = summarizeServices(deriveDesired(factory, resolve(folder)), observed);
  tools.print(
    json ? `${JSON.stringify({ services }, undefined, 2)}\n` : `${formatStatus(services)}\n`,
  );
  return ExitCode.done;
}
