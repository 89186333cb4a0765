/** Where a bot tells what happens: its file, its output, the dashboard, and its own status. */
import path from "node:path";
import { buildEventFile } from "./adapters/event-file.ts";
import { openEventLink } from "./adapters/event-link.ts";
import { StatusKeeper } from "./bot/loop/status-keeper.ts";
import type { BotSettings } from "./bot/settings.ts";
import type { Tools } from "./cli/tools.ts";

type Host = Pick<Tools, "clock" | "print" | "redact">;

const EVENTS_FILE = "events.jsonl";

/** The dashboard hears of the bot at once: that it waits for its forge is to be seen too. */
export function openEvents({ dashboard, dataFolder, name: by }: BotSettings, host: Host) {
  const { clock, redact } = host;
  const file = path.join(dataFolder, EVENTS_FILE);
  const link = openEventLink(dashboard, { by, file });
  const echo = (line: string) => {
    host.print(line);
    link?.offer(line);
  };
  const log = buildEventFile({ file, by, clock, echo, redact });
  return { link, events: new StatusKeeper(log, { clock, by }) };
}
