/** The bot's whole configuration, read from its environment (written by core/bot-environment.ts). */
import * as z from "zod";
import { type CiProvider, ciProviders } from "../ci/definitions.ts";
import type { RepoId, SessionLimits } from "../core/factory.ts";
import { namesOf } from "../core/kinds.ts";
import { jsonOf, ProjectsShape } from "../core/project-shape.ts";
import type { ProjectTask } from "../core/project-task.ts";
import type { Separation } from "../core/uids.ts";
import { DisintoError } from "../errors.ts";
import { type HarnessName, harnesses } from "../harness/definitions.ts";
import { type Role, roles } from "../roles/definitions.ts";

interface CiAccess {
  readonly url: string;
  readonly token: string;
}

export interface BotSettings {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly harness: HarnessName;
  readonly command: readonly string[];
  /** What the harness asks; undefined: none, or one that a command knows by itself. */
  readonly model: ModelServer | undefined;
  readonly limits: SessionLimits;
  readonly pollIntervalMs: number;
  readonly projects: readonly ProjectTask[];
  readonly forge: { readonly url: string; readonly user: string; readonly token: string };
  /** Access to the logs of its runs; undefined if there are none or the token is missing. */
  readonly ci: Readonly<Partial<Record<CiProvider, CiAccess>>>;
  /** The repository for what concerns the whole factory. */
  readonly factoryRepo: RepoId;
  /** The term; undefined means the default. */
  readonly leaseTermMs: number | undefined;
  /** What bots share that share a model's server, and how many sessions it serves at once as far as configured. */
  readonly backend: { readonly name: string; readonly slots: number | undefined };
  /** The port of /healthz, /metrics and /status; undefined if they are not served. */
  readonly healthPort: number | undefined;
  /** The token that may read /status; undefined if nobody may. */
  readonly statusToken: string | undefined;
  /** The limit for mirrors and work folders together. */
  readonly diskLimitBytes: number;
  /** Harnesses run as users of their own, which read none of these folders; undefined: they run as this process does. */
  readonly separation?: Separation | undefined;
  /** Folder for mirrors and work folders. */
  readonly reposFolder: string;
  /** Folder for the journal and the events. */
  readonly dataFolder: string;
}

export interface ModelServer {
  readonly baseUrl: string;
  readonly key: string | undefined;
  /** Where Claude's login stands in for a key. */
  readonly loginFolder: string | undefined;
  readonly name: string;
  /** Tokens of one session, as far as configured. */
  readonly context: number | undefined;
  /** Per cent of the context window at which Claude Code compacts; undefined means its own default. */
  readonly compactPct: string | undefined;
}

const ciKeys: Readonly<Record<string, z.ZodOptional<z.ZodString | z.ZodURL>>> = Object.fromEntries(
  Object.values(ciProviders).flatMap(({ access }) =>
    access
      ? [
          [access.urlKey, z.url().optional()],
          [access.tokenKey, z.string().optional()],
        ]
      : [],
  ),
);

const Environment = z.object({
  AGENT_NAME: z.string().min(1),
  AGENT_BACKEND: z.string().min(1),
  AGENT_FACTORY_REPO: z
    .string()
    .regex(/^[^/]+\/[^/]+$/)
    .transform((repo): RepoId => {
      const [owner = "", name = ""] = repo.split("/");
      return { owner, name };
    }),
  AGENT_LEASE_TERM: z.coerce.number().min(3).optional(),
  AGENT_CONTEXT: z.coerce.number().int().positive().optional(),
  AGENT_SLOTS: z.coerce.number().int().positive().optional(),
  AGENT_ROLES: z
    .string()
    .transform((roles) => roles.split(","))
    .pipe(z.array(z.enum(namesOf(roles))).min(1)),
  AGENT_HARNESS: z.enum(namesOf(harnesses)),
  AGENT_COMMAND: jsonOf(z.array(z.string()).min(1)).optional(),
  AGENT_HEALTH_PORT: z.coerce.number().int().optional(),
  AGENT_LIMITS: jsonOf(
    z.object({
      minutes: z.number(),
      silence: z.number(),
      first_token_minutes: z.number().optional(),
      turns: z.int().optional(),
      tokens: z.int().optional(),
      money: z.number().optional(),
    }),
  ),
  AGENT_MOUNTS: z.string().optional(),
  EGRESS_PROXY: z.url().optional(),
  AGENT_USERS: z.literal("separate").optional(),
  AGENT_POLL_INTERVAL: z.coerce.number().positive(),
  AGENT_PROJECTS: ProjectsShape,
  AGENT_DISK: z
    .string()
    .regex(/^\d+(\.\d+)?[kmg]$/)
    .default("20g"),
  AGENT_DATA: z.string().default("/home/agent/data"),
  AGENT_REPOS: z.string().default("/home/agent/repos"),
  ...ciKeys,
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: z.url().optional(),
  CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: z.string().optional(),
  CLAUDE_MODEL: z.string().default("default"),
  CLAUDE_SHARED_DIR: z.string().optional(),
  FORGE_URL: z.url(),
  FORGE_USER: z.string().min(1),
  FORGE_TOKEN: z.string().min(1),
  DISINTO_STATUS_TOKEN: z.string().optional(),
});

export function readBotSettings(
  environment: Readonly<Record<string, string | undefined>>,
): BotSettings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw new DisintoError(
      "config.invalid",
      `the bot's environment is incomplete:\n${z.prettifyError(parsed.error)}`,
      {
        hint: "start bots with `disinto up`, which sets it",
      },
    );
  }
  const env = parsed.data;
  return {
    name: env.AGENT_NAME,
    roles: env.AGENT_ROLES,
    harness: env.AGENT_HARNESS,
    command: env.AGENT_COMMAND ?? [],
    model: readModelServer(env),
    limits: env.AGENT_LIMITS,
    pollIntervalMs: env.AGENT_POLL_INTERVAL * 1000,
    projects: env.AGENT_PROJECTS,
    forge: { url: env.FORGE_URL, user: env.FORGE_USER, token: env.FORGE_TOKEN },
    factoryRepo: env.AGENT_FACTORY_REPO,
    leaseTermMs: env.AGENT_LEASE_TERM === undefined ? undefined : env.AGENT_LEASE_TERM * 1000,
    backend: { name: env.AGENT_BACKEND, slots: env.AGENT_SLOTS },
    ci: readCiAccess(env),
    healthPort: env.AGENT_HEALTH_PORT,
    statusToken: env.DISINTO_STATUS_TOKEN || undefined,
    separation: env.AGENT_USERS && {
      mounts: env.AGENT_MOUNTS?.split(":") ?? [],
      proxy: env.EGRESS_PROXY,
    },
    diskLimitBytes: toBytes(env.AGENT_DISK),
    reposFolder: env.AGENT_REPOS,
    dataFolder: env.AGENT_DATA,
  };
}

const units: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

function toBytes(size: string): number {
  return Number(size.slice(0, -1)) * (units[size.slice(-1)] ?? 1);
}

function readCiAccess(env: Readonly<Record<string, unknown>>): BotSettings["ci"] {
  const found = namesOf(ciProviders).flatMap((name) => {
    const { access } = ciProviders[name];
    const [url, token] = access ? [env[access.urlKey], env[access.tokenKey]] : [];
    return url && token ? [[name, { url, token }]] : [];
  });
  return Object.fromEntries(found);
}

function readModelServer(env: z.infer<typeof Environment>): ModelServer | undefined {
  const { ANTHROPIC_BASE_URL: baseUrl, ANTHROPIC_API_KEY: key, CLAUDE_MODEL: name } = env;
  if (baseUrl === undefined) return undefined;
  // compose hands on a variable that .env does not hold as an empty one.
  return {
    baseUrl,
    key: key || undefined,
    loginFolder: env.CLAUDE_SHARED_DIR,
    name,
    context: env.AGENT_CONTEXT,
    compactPct: env.CLAUDE_AUTOCOMPACT_PCT_OVERRIDE,
  };
}
