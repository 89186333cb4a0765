/** `disinto hire-an-agent`: a bot more; the same command completes what a failure left. */
import { resolve } from "node:path";
import { type Hired, hireAgent } from "../apply/hire.ts";
import { applyServices } from "../apply/up.ts";
import { verifyBot } from "../bot/self-test.ts";
import { deriveDesired } from "../core/desired.ts";
import { deriveFactoryRepo, formatRepo } from "../core/identities.ts";
import { deriveServiceName } from "../core/names.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { COMMAND_HARNESS } from "../harness/definitions.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

interface HireFlags {
  readonly localModel?: string;
  readonly model?: string;
  readonly harness?: string;
  readonly command?: readonly string[];
  readonly pollInterval?: number;
  readonly slots?: number;
  readonly project?: string;
  readonly up?: boolean;
}

interface Request extends HireFlags {
  readonly folder: string;
  readonly name: string;
  readonly role: string;
  /** What stood behind `--`. */
  readonly words: readonly string[];
}

const WAIT_MS = 600_000;

export async function hire(tools: Tools, request: Request): Promise<ExitCode> {
  const { folder, name, project } = request;
  const settings = readSettings(request);
  const hired = await hireAgent(
    { ...tools, verify: (candidate) => verify(tools, candidate) },
    { folder, name, project, settings },
  );
  if (request.up) await start(tools, folder, hired);
  else tools.say("next: disinto up");
  return ExitCode.done;
}

function readSettings({ role, words, harness, ...flags }: Request) {
  if (words.length > 0 && !flags.command)
    throw new DisintoError("usage.invalid", `too many arguments: ${words.join(" ")}`);
  const command = flags.command && [...flags.command, ...words];
  const kind = harness ?? (command ? COMMAND_HARNESS : undefined);
  return {
    roles: role.split(","),
    ...(kind !== undefined && { harness: kind }),
    ...(command && { command }),
    ...(flags.localModel !== undefined && { base_url: flags.localModel }),
    ...(flags.model !== undefined && { model: flags.model }),
    ...(flags.pollInterval !== undefined && { poll_interval: flags.pollInterval }),
    ...(flags.slots !== undefined && { slots: flags.slots }),
  };
}

async function verify(tools: Tools, { bot, factory, token }: Hired): Promise<void> {
  const projects = factory.projects.filter((one) => bot.projects.includes(one.name));
  const forgeUrl = factory.forge.url;
  const factoryRepo = deriveFactoryRepo(factory);
  const untried = await verifyBot(tools, { bot, token, forgeUrl, factoryRepo, projects });
  for (const repo of untried)
    tools.say(`${formatRepo(repo)} is empty: ${bot.name} could not test pushing there`);
  tools.say(
    `${bot.name} was verified as ${bot.forgeUser}: lease taken and released, pushes allowed and refused as required`,
  );
}

/** The new bot and what every bot needs; a neighbour that is just being hired is not in the way. */
async function start(tools: Tools, folder: string, { factory, bot }: Hired): Promise<void> {
  const { say, oneShots } = tools;
  const fleet = await openFleet(tools, folder);
  const others = new Set(factory.bots.map(deriveServiceName));
  const core = deriveDesired(fleet.factory, resolve(folder)).services.map(
    (service) => service.name,
  );
  const only = [...core.filter((name) => !others.has(name)), deriveServiceName(bot)];
  await applyServices({ ...fleet, say, oneShots, only, waitMs: WAIT_MS });
  say(`${bot.name} is up`);
}
