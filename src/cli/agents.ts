import { deriveServiceName } from "../core/names.ts";
import { ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

/** Every declared bot, what it does and how it is. */
export async function agents(
  tools: Tools,
  { folder, json }: { folder: string; json?: boolean },
): Promise<ExitCode> {
  const { factory, containers } = await openFleet(tools, folder);
  const { containers: observed } = await containers.observe();
  const bots = factory.bots.map((bot) => {
    const service = deriveServiceName(bot);
    const running = observed.find((one) => one.service === service);
    const { name, roles, projects, harness, model, origin, enabled } = bot;
    const state = running?.state ?? (enabled ? "missing" : "disabled");
    return { name, state, roles, projects, harness, model, service, origin };
  });
  if (json) tools.print(`${JSON.stringify({ agents: bots }, undefined, 2)}\n`);
  else for (const line of formatTable(bots)) tools.print(`${line}\n`);
  if (!json && bots.length === 0) tools.say("no bot is declared: name one in LLAMA_BOTS in .env");
  return ExitCode.done;
}

interface Row {
  readonly name: string;
  readonly state: string;
  readonly roles: readonly string[];
  readonly projects: readonly string[];
  readonly harness: string;
  readonly origin: string;
}

function formatTable(bots: readonly Row[]): readonly string[] {
  const rows = bots.map(({ name, state, roles, projects, harness, origin }) => [
    name,
    state,
    roles.join(","),
    projects.join(","),
    harness,
    origin,
  ]);
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}
