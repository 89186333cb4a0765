import { stopServices } from "../apply/down.ts";
import { listSpareVolumes } from "../apply/prune.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { askOnTerminal, openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

interface DownFlags {
  readonly folder: string;
  readonly volumes?: boolean;
  readonly yes?: boolean;
}

export async function down(
  tools: Tools,
  { folder, volumes = false, yes = false }: DownFlags,
): Promise<ExitCode> {
  const fleet = await openFleet(tools, folder);
  const { containers } = fleet;
  if (volumes && !yes) await confirm(tools, fleet.factory.name);
  const before = (await containers.observe()).containers.filter(({ running }) => running);
  await stopServices({ containers, folder, volumes });
  const left = (await containers.observe()).containers.filter(({ running }) => running);
  const count = before.length - left.length;
  const stopped = `${count} ${count === 1 ? "service" : "services"} stopped`;
  tools.say(volumes ? `${stopped}, volumes removed` : stopped);
  for (const { name } of left)
    tools.say(`still running, of an older layout: ${name}; stop it with: docker stop ${name}`);
  if (volumes)
    sayWhatStays(
      tools,
      (await listSpareVolumes(fleet)).map(({ volume }) => volume),
    );
  return ExitCode.done;
}

async function confirm(tools: Tools, name: string): Promise<void> {
  const loss = "the forge's repositories and issues, and all unpushed work";
  if (await askOnTerminal(tools.signal)?.(`remove every volume of ${name}: ${loss}?`)) return;
  throw new DisintoError("removal.unconfirmed", `this would remove ${loss}; nothing was stopped`, {
    hint: "to remove them: disinto down --volumes --yes",
  });
}

function sayWhatStays({ say }: Tools, spare: readonly string[]): void {
  say("kept: .env with its credentials, and projects/; disinto init makes an empty forge anew");
  if (spare.length > 0)
    say(`kept: volumes of bots that are gone, ${spare.join(", ")} (disinto prune)`);
}
