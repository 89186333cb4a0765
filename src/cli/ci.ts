/** `disinto ci serve`: the local CI's process; `disinto ci gate`: the gate to Woodpecker. */

import { waitForForge } from "../apply/forge-wait.ts";
import { readCiSettings } from "../ci/local/settings.ts";
import { gateVariables } from "../ci/woodpecker/variables.ts";
import { ports } from "../core/service-ports.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

export async function serveCi(tools: Tools): Promise<ExitCode> {
  const settings = readCiSettings(tools.environment);
  const serve = await tools.ci(settings);
  const { url, token } = settings.forge;
  await waitForForge(tools, url, { proof: { token } });
  await serve();
  return ExitCode.done;
}

/** Until interrupted. */
export async function serveCiGate({ environment, signal, ciGate }: Tools): Promise<ExitCode> {
  const read = (key: string): string => {
    const value = environment[key];
    if (value) return value;
    throw new DisintoError("usage.invalid", `${key} is not set`, {
      hint: "the gate is a service of the factory: disinto up starts it",
    });
  };
  const server = await ciGate({
    url: read(gateVariables.url),
    botsToken: read(gateVariables.botsToken),
    accountToken: read(gateVariables.accountToken),
    bind: "0.0.0.0",
    port: ports.woodpeckerGate,
  });
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  server.close();
  return ExitCode.done;
}
