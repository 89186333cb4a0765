/**
 * Everything that a bot's container is told, declared once: how it is told, and how the bot reads it back. Nothing here
 * may depend on which other bots exist, or hiring one would replace the others' containers.
 */

import * as z from "zod/mini";
import { deriveBackend } from "../core/backend.ts";
import type { Bot, Factory } from "../core/factory.ts";
import { deriveFactoryRepo, formatRepo } from "../core/identities.ts";
import { namesOf } from "../core/kinds.ts";
import { deriveCredentialKeys } from "../core/names.ts";
import { jsonOf, ProjectsShape } from "../core/project-shape.ts";
import { formatProjects } from "../core/project-task.ts";
import { harnesses } from "../harness/definitions.ts";
import { roles } from "../roles/definitions.ts";
import { bytes, listOf, maybe, milliseconds, number, repository, words } from "./bot-shapes.ts";
import { BudgetSection } from "./budget.ts";
import { DASHBOARD_URL_KEY, dashboardVariables } from "./dashboard.ts";
import { FORGE_ANNOUNCED_KEY } from "./forge-announced.ts";
import { PROXY_KEY } from "./proxy.ts";
import { serviceSecrets } from "./service-secrets.ts";
import { SessionLimitsShape } from "./session-limits.ts";

/** What a bot's environment is made of. */
export interface BotFacts {
  readonly bot: Bot;
  readonly factory: Factory;
  /** Where it reaches the forge. */
  readonly forgeUrl: string;
  /** Undefined for the usual folders, and no port. */
  readonly folders?: { readonly data: string; readonly repos: string };
  readonly healthPort?: number | undefined;
  /** Its harnesses run as users of their own. */
  readonly isSeparated?: boolean;
  readonly mounts?: readonly string[];
  readonly proxy?: string | undefined;
  /** Where events are handed in. */
  readonly dashboard?: string | undefined;
}

interface Variable<Shape extends z.ZodMiniType> {
  readonly key: string;
  /** Answers undefined for what is not told. */
  readonly derive: (facts: BotFacts) => string | undefined;
  readonly read: () => Shape;
  /** What is told is the name of the variable in `.env` that holds it. */
  readonly isSecret?: true;
  /** Llama bots are told the same, where nothing else is said. */
  readonly isShared?: true;
}

function variable<Shape extends z.ZodMiniType>(declared: Variable<Shape>): Variable<Shape> {
  return declared;
}

const asksModel = (bot: Bot): boolean => harnesses[bot.harness].asksModel;
const textOf = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

/** By the name under which the bot has it; those that stand alone are its settings as they are. */
export const botVariables = {
  name: variable({ key: "AGENT_NAME", derive: ({ bot }) => bot.name, read: words }),
  roles: variable({
    key: "AGENT_ROLES",
    derive: ({ bot }) => bot.roles.join(","),
    read: () => listOf(z.enum(namesOf(roles))),
  }),
  harness: variable({
    key: "AGENT_HARNESS",
    derive: ({ bot }) => bot.harness,
    read: () => z.enum(namesOf(harnesses)),
    isShared: true,
  }),
  command: variable({
    key: "AGENT_COMMAND",
    derive: ({ bot }) => (asksModel(bot) ? undefined : JSON.stringify(bot.command)),
    read: () => z.optional(jsonOf(z.array(z.string()).check(z.minLength(1)))),
  }),
  limits: variable({
    key: "AGENT_LIMITS",
    derive: ({ bot }) => JSON.stringify(bot.limits),
    read: () => jsonOf(SessionLimitsShape),
    isShared: true,
  }),
  pollIntervalMs: variable({
    key: "AGENT_POLL_INTERVAL",
    derive: ({ bot }) => String(bot.pollIntervalS),
    read: () =>
      z.pipe(
        number(z.positive()),
        z.transform((seconds: number) => seconds * 1000),
      ),
    isShared: true,
  }),
  projects: variable({
    key: "AGENT_PROJECTS",
    derive: ({ bot, factory }) =>
      formatProjects(factory.projects.filter(({ name }) => bot.projects.includes(name))),
    read: () => ProjectsShape,
    isShared: true,
  }),
  factoryRepo: variable({
    key: "AGENT_FACTORY_REPO",
    derive: ({ factory }) => formatRepo(deriveFactoryRepo(factory)),
    read: repository,
    isShared: true,
  }),
  budget: variable({
    key: "AGENT_BUDGET",
    derive: ({ factory }) => factory.budget && JSON.stringify(factory.budget),
    read: () => z.optional(jsonOf(BudgetSection)),
    isShared: true,
  }),
  leaseTermMs: variable({
    key: "AGENT_LEASE_TERM",
    derive: ({ factory }) => textOf(factory.leaseTermS),
    read: () => z.optional(milliseconds(3)),
    isShared: true,
  }),
  healthPort: variable({
    key: "AGENT_HEALTH_PORT",
    derive: ({ healthPort }) => textOf(healthPort),
    read: () => z.optional(number()),
    isShared: true,
  }),
  diskLimitBytes: variable({
    key: "AGENT_DISK",
    derive: ({ bot }) => bot.disk,
    read: () => z.prefault(bytes(), "20g"),
  }),
  dataFolder: variable({
    key: "AGENT_DATA",
    derive: ({ folders }) => folders?.data,
    read: () => z._default(z.string(), "/home/agent/data"),
    isShared: true,
  }),
  reposFolder: variable({
    key: "AGENT_REPOS",
    derive: ({ folders }) => folders?.repos,
    read: () => z._default(z.string(), "/home/agent/repos"),
    isShared: true,
  }),
  statusToken: variable({
    key: serviceSecrets.statusToken,
    derive: ({ factory }) => (factory.hasStatusToken ? serviceSecrets.statusToken : undefined),
    read: maybe,
    isSecret: true,
  }),
  dashboardUrl: variable({
    key: DASHBOARD_URL_KEY,
    derive: ({ dashboard }) => dashboard,
    read: () => z.optional(z.url()),
    isShared: true,
  }),
  eventsToken: variable({
    key: dashboardVariables.eventsToken,
    derive: ({ dashboard }) => dashboard && dashboardVariables.eventsToken,
    read: maybe,
    isSecret: true,
  }),
};

/** Variables of which the bot makes a setting together with others. */
export const botParts = {
  backendName: variable({
    key: "AGENT_BACKEND",
    derive: ({ bot }) => deriveBackend(bot),
    read: words,
    isShared: true,
  }),
  slots: variable({
    key: "AGENT_SLOTS",
    derive: ({ bot }) => textOf(bot.slots),
    read: () => z.optional(number(z.int(), z.positive())),
    isShared: true,
  }),
  forgeUrl: variable({
    key: "FORGE_URL",
    derive: ({ forgeUrl }) => forgeUrl,
    read: () => z.url(),
    isShared: true,
  }),
  forgeAnnounced: variable({
    key: FORGE_ANNOUNCED_KEY,
    // Whoever writes an address of the forge into a repository writes the one that people know.
    derive: ({ factory, forgeUrl }) =>
      factory.forge.url === forgeUrl ? undefined : factory.forge.url,
    read: () => z.optional(z.url()),
    isShared: true,
  }),
  forgeUser: variable({ key: "FORGE_USER", derive: ({ bot }) => bot.forgeUser, read: words }),
  forgeToken: variable({
    key: serviceSecrets.forgeToken,
    derive: ({ bot }) => deriveCredentialKeys(bot.name).token,
    read: words,
    isSecret: true,
  }),
  forgePassword: variable({
    key: serviceSecrets.forgePassword,
    derive: ({ bot }) => deriveCredentialKeys(bot.name).password,
    read: maybe,
    isSecret: true,
  }),
  modelUrl: variable({
    key: "ANTHROPIC_BASE_URL",
    derive: ({ bot }) => bot.baseUrl || undefined,
    read: () => z.optional(z.url()),
    isShared: true,
  }),
  modelName: variable({
    key: "CLAUDE_MODEL",
    derive: ({ bot }) => (asksModel(bot) || bot.baseUrl ? bot.model : undefined),
    read: () => z._default(z.string(), "default"),
    isShared: true,
  }),
  modelKey: variable({
    key: serviceSecrets.modelKey,
    derive: ({ bot }) => bot.apiKeyEnv,
    read: maybe,
    isSecret: true,
  }),
  users: variable({
    key: "AGENT_USERS",
    derive: ({ isSeparated }) => (isSeparated ? "separate" : undefined),
    read: () => z.optional(z.literal("separate")),
    isShared: true,
  }),
  mounts: variable({
    key: "AGENT_MOUNTS",
    derive: ({ mounts = [] }) => mounts.join(":") || undefined,
    read: maybe,
    isShared: true,
  }),
  proxy: variable({
    key: PROXY_KEY,
    derive: ({ proxy }) => proxy,
    read: () => z.optional(z.url()),
    isShared: true,
  }),
  context: variable({
    key: "AGENT_CONTEXT",
    derive: ({ bot }) => textOf(bot.context),
    read: () => z.optional(number(z.int(), z.positive())),
  }),
  compactPct: variable({
    key: "CLAUDE_AUTOCOMPACT_PCT_OVERRIDE",
    derive: ({ bot }) => textOf(bot.compactPct),
    read: maybe,
  }),
  loginFolder: variable({
    key: "CLAUDE_SHARED_DIR",
    derive: ({ bot, factory }) =>
      harnesses[bot.harness].usesLogin(bot) ? factory.shared.claude : undefined,
    read: maybe,
  }),
};

const all: readonly Variable<z.ZodMiniType>[] = [
  ...Object.values(botVariables),
  ...Object.values(botParts),
];
/** Keys that llama bots may be told alike. */
export const sharedBotKeys: readonly string[] = all
  .filter(({ isShared }) => isShared)
  .map(({ key }) => key);

/** Variable of the container → its value, or the variable in `.env` that holds it. */
export function deriveBotVariables(facts: BotFacts): {
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
} {
  const select = (isSecret: boolean) =>
    Object.fromEntries(
      all.flatMap((one) => {
        const value = (one.isSecret ?? false) === isSecret ? one.derive(facts) : undefined;
        return value === undefined ? [] : [[one.key, value] as const];
      }),
    );
  return { environment: select(false), secrets: select(true) };
}

type Read<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Variable<infer Shape>
    ? z.infer<Shape>
    : never;
};
export type BotValues = Read<typeof botVariables>;
export type BotPartValues = Read<typeof botParts>;
