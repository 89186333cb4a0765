/** The typed model of one factory: what configuration says, defaults filled in, nothing derived. */

import type { CiProvider } from "../ci/definitions.ts";
import type { EngineName } from "../engines/definitions.ts";
import type { ForgeKind } from "../forge-kinds/definitions.ts";
import type { HarnessName } from "../harness/definitions.ts";
import type { Role } from "../roles/definitions.ts";
import type { Prompts } from "./prompt-template.ts";

export interface Factory {
  /** DISINTO_NAME: prefixes container names and names the compose project. */
  readonly name: string;
  readonly engine: EngineName;
  readonly forge: ForgeSettings;
  readonly bots: readonly Bot[];
  readonly projects: readonly Project[];
  readonly images: {
    readonly agents: string;
    readonly forgejo: string;
    readonly woodpecker: string;
    readonly woodpeckerAgent: string;
    readonly edge: string;
  };
  /** Woodpecker, where a project uses it: host port, and its address for people; whose tokens `.env` has. */
  readonly ci: {
    readonly port: number;
    readonly url: string;
    readonly hasToken: readonly CiProvider[];
  };
  /** Seconds that a lease lasts without a renewal, where it is not the usual; the same for all bots. */
  readonly leaseTermS: number | undefined;
  /** Bots answer /status to who knows DISINTO_STATUS_TOKEN. */
  readonly hasStatusToken: boolean;
  /** Undefined if no port for it is set, so there is none. */
  readonly edge: Edge | undefined;
  /** Undefined if there is none. */
  readonly dashboard?: { readonly port: number } | undefined;
  /** Host folders mounted read-only into every bot, each only when its variable is set in .env. */
  readonly shared: {
    readonly claude?: string;
    readonly ssh?: string;
    readonly sops?: string;
  };
}

interface Edge {
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  /** Services are at forge.DOMAIN and ci.DOMAIN. */
  readonly domain: string | undefined;
}

interface ForgeSettings {
  readonly kind: ForgeKind;
  /** The operator's address of the forge; bots in the compose network use the service's. */
  readonly url: string;
  /** Host address and port on which the forge service is published. */
  readonly bind: string;
  readonly port: number;
  readonly adminUser: string;
}

export interface Bot {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Which front end declares it; decides the service name. */
  readonly declaredIn: "LLAMA_BOTS" | "agents";
  /** Where it is declared, for people: "LLAMA_BOTS (.env:7)" or "[agents.ada] (projects/x.toml:9)". */
  readonly origin: string;
  readonly harness: HarnessName;
  /** argv; empty where the harness asks a model. */
  readonly command: readonly string[];
  readonly baseUrl: string | undefined;
  readonly model: string;
  /** Name of the variable in .env that holds the model's key. */
  readonly apiKeyEnv: string | undefined;
  readonly forgeUser: string;
  readonly pollIntervalS: number;
  /** The image; undefined means the factory's image for bots. */
  readonly image: string | undefined;
  /** Compose's notation: "4g". */
  readonly memory: string;
  /** For its mirrors and work folders, in the same notation; undefined means the bot's own default. */
  readonly disk: string | undefined;
  readonly cpus: number;
  /** Per cent of the context window; undefined means the harness's own default. */
  readonly compactPct: number | undefined;
  /** Tokens that its model holds for one session; undefined: the server's word counts. */
  readonly context: number | undefined;
  /** Requests that its model's server takes at once; undefined if this bot does not set it. */
  readonly slots: number | undefined;
  readonly limits: SessionLimits;
  readonly enabled: boolean;
  /** Names of the projects it works on. */
  readonly projects: readonly string[];
}

/** Limits of one session of the harness. */
export interface SessionLimits {
  readonly minutes: number;
  /** Minutes without output. */
  readonly silence: number;
  /** Until the first word of an answer, where the server cannot say that it reads. */
  readonly first_token_minutes?: number | undefined;
  /** The limit for harnesses that count them. */
  readonly turns?: number | undefined;
  /** Tokens in and out, for harnesses that count them. */
  readonly tokens?: number | undefined;
  /** US dollars, for harnesses that count them. */
  readonly money?: number | undefined;
}

export interface Project {
  readonly name: string;
  readonly repo: RepoId;
  readonly primaryBranch: string;
  /** What a bot's branch is called before the number; undefined: `fix/issue-`. */
  readonly branchPrefix?: string | undefined;
  readonly ci: Ci;
  readonly limits: Limits;
  /** Forge users beside those who may write code there. */
  readonly trustedAuthors: readonly string[];
  /** Glob patterns; what touches one of these paths no bot merges. */
  readonly protectedPaths: readonly string[];
  /** Image of its bots; undefined means the factory's. */
  readonly image: string | undefined;
  /** What its sessions and runs may reach outside: host names and presets. */
  readonly allow: readonly string[];
  /** argv, run by disinto doctor; undefined if there is none. */
  readonly testCommand: readonly string[] | undefined;
  /** Instead of those of the package. */
  readonly prompts: Prompts;
}

export interface RepoId {
  readonly owner: string;
  readonly name: string;
}

export interface Ci {
  readonly provider: CiProvider;
  /** Commit status contexts that must be green before a merge. */
  readonly required: readonly string[];
  /** The only forge user whose statuses count for a bot; undefined: anybody's do. */
  readonly login?: string | undefined;
  /** What a project without required contexts means for a merge. */
  readonly whenAbsent: "block" | "pass";
}

export interface Limits {
  readonly ciFixes: number;
  readonly reviewRounds: number;
  readonly infrastructureRetries: number;
  readonly mergeAttempts: number;
}
