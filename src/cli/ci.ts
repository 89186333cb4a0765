/** `disinto ci serve`: the local CI's process. */

import { waitForForge } from "../apply/forge-wait.ts";
import { readCiSettings } from "../ci/local/settings.ts";
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

export async function serveCi(tools: Tools): Promise<ExitCode> {
  const settings = readCiSettings(tools.environment);
  const serve = await tools.ci(settings);
  await waitForForge(tools, settings.forge.url);
  await serve();
  return ExitCode.done;
}
