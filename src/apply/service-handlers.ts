/** What is done for each kind of step about services. */

import { setEnvironment } from "../config/env-file.ts";
import type { ServiceAction } from "../core/plan.ts";
import { DisintoError } from "../errors.ts";
import type { Adopted } from "../older/adoption.ts";
import { handOverVolume } from "../older/hand-over-volume.ts";
import type { Clock } from "../ports/clock.ts";
import type { Containers } from "../ports/containers.ts";
import type { OneShots } from "../ports/one-shots.ts";
import { closeVolume } from "./close-volume.ts";
import type { Handlers } from "./execute.ts";
import { writeIfChanged } from "./generated-file.ts";
import type { Rendering } from "./rendering.ts";
import { startWithProgress } from "./start-progress.ts";

export interface ServiceTools {
  readonly folder: string;
  readonly containers: Containers;
  readonly oneShots: OneShots;
  readonly rendering: Rendering;
  /** The bots' image. */
  readonly image: string;
  /** Settings to write into `.env`. */
  readonly adopted: readonly Adopted[];
  readonly say: (line: string) => void;
  /** Where a person watches. */
  readonly terminal?: { readonly clock: Clock } | undefined;
  /** Told of each service that could not be started, with the engine's words. */
  readonly reportFailure: (service: string, reason: string) => void;
}

export function buildServiceHandlers(tools: ServiceTools): Handlers<ServiceAction> {
  const { folder, containers, adopted, say } = tools;
  return {
    "set-variable": ({ variable }) =>
      setEnvironment(folder, { [variable]: adopted.find(({ key }) => key === variable)?.value }),
    "write-file": ({ path }) => writeGenerated(tools, path),
    "remove-service": async ({ service, containers: ids }) => {
      for (const id of ids) await containers.remove(id);
      say(`removed ${service}`);
    },
    "remove-container": ({ container }) => containers.remove(container),
    "create-volume": async () => undefined,
    "start-services": ({ starts }) =>
      startServices(
        tools,
        starts.map(({ service }) => service),
      ),
    "hand-over-volume": (action) => handOverVolume(tools, action),
    "close-volume": ({ volume }) => closeVolume(tools, volume),
  };
}

async function writeGenerated(
  { folder, rendering, say }: ServiceTools,
  path: string,
): Promise<void> {
  for (const { text } of rendering.files.filter((file) => file.path === path)) {
    const { kept } = await writeIfChanged(folder, path, text);
    if (kept) say(`${path} was edited by hand; that text is kept as ${kept}`);
  }
}

/** Together first, in one engine call; then each alone, so that one missing image stops one bot. */
async function startServices(tools: ServiceTools, services: readonly string[]): Promise<void> {
  const { containers, say, terminal, reportFailure } = tools;
  say(`starting ${services.join(", ")}`);
  const startAll = () => containers.start(services);
  const together = await attempt(() =>
    terminal
      ? startWithProgress({ containers, say, clock: terminal.clock }, services, startAll)
      : startAll(),
  );
  if (together === undefined) return;
  for (const service of services) {
    const failure = await attempt(() => containers.start([service]));
    if (failure !== undefined) reportFailure(service, failure);
  }
}

async function attempt(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof DisintoError && error.code !== "interrupted") return error.message;
    throw error;
  }
}
