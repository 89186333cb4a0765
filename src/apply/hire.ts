/** A new bot: its section, its identity, and its own proof that it can work. Each step may be repeated. */
import {
  checkAgentSection,
  chooseProjectFile,
  type SectionChange,
  setAgentSection,
  writeAgentSection,
} from "../config/agent-section.ts";
import { loadFactory } from "../config/load.ts";
import type { Bot, Factory } from "../core/factory.ts";
import { deriveCredentialKeys } from "../core/names.ts";
import { DisintoError } from "../errors.ts";
import { checkAccounts } from "./account-check.ts";
import { initFactory } from "./init.ts";
import type { InitTools } from "./init-tools.ts";

export interface HireTools extends InitTools {
  /** Throws when the bot cannot work with its own token. */
  readonly verify: (hired: Hired) => Promise<void>;
}

export interface Hiring extends Omit<SectionChange, "version"> {
  readonly project: string | undefined;
}

export interface Hired {
  readonly bot: Bot;
  readonly factory: Factory;
  readonly token: string;
}

export async function hireAgent(tools: HireTools, hiring: Hiring): Promise<Hired> {
  const { folder, project, ...section } = hiring;
  const { version } = tools;
  await requireSameRoles(hiring, version);
  const file = await chooseProjectFile(folder, project);
  const change = { ...section, folder, version };
  await checkAgentSection(change, [file]);
  const edit = (text: string, edited: string) =>
    edited === file ? setAgentSection(text, hiring.name, hiring.settings) : text;
  await checkAccounts(tools, folder, { edit });
  await writeAgentSection(change, [file]);
  tools.say(`+ [agents.${hiring.name}] in ${file}`);
  await initFactory(tools, { folder });
  const hired = await readHired(folder, version, hiring.name);
  await tools.verify(hired);
  return hired;
}

/** To hire a bot again completes it; to make a reviewer a coder by a slip of the hand would be another thing. */
async function requireSameRoles({ folder, name, settings }: Hiring, version: string) {
  const { factory } = await loadFactory(folder, version);
  const known = factory.bots.find((bot) => bot.name === name);
  if (!known || known.roles.join() === String(settings.roles)) return;
  throw new DisintoError(
    "usage.invalid",
    `${name} is declared in ${known.origin} with the role ${known.roles.join(",")}`,
    { hint: "choose another name, or change its roles there" },
  );
}

async function readHired(folder: string, version: string, name: string): Promise<Hired> {
  const { factory, environment } = await loadFactory(folder, version);
  const bot = factory.bots.find((one) => one.name === name);
  const token = environment.get(deriveCredentialKeys(name).token);
  if (bot && token) return { bot, factory, token };
  throw new DisintoError("credentials.missing", `${name} was removed by another command`, {
    hint: "run the same command again",
  });
}
