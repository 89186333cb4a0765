/** The typed model of one factory: what configuration says, defaults filled in, nothing derived. */

import type { CiProvider } from "../ci/definitions.ts";
import type { EngineName } from "../engines/definitions.ts";
import type { ForgeKind } from "../forge-kinds/definitions.ts";
import type { Budget, BudgetLimits } from "../settings/budget.ts";
import type { Renamed } from "../settings/names.ts";
import type { AgentSection, ProjectFile } from "../settings/project.ts";
import type { Prompts } from "./prompt-template.ts";

export interface Factory {
  /** DISINTO_NAME: prefixes container names and names the compose project. */
  readonly name: string;
  /** Random, made once: whose the accounts on the forge are. Undefined until `init` has made it. */
  readonly id?: string | undefined;
  /** Login of the person who owns it. Undefined: nobody but the administrator, as in older factories. */
  readonly owner?: string | undefined;
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
    /** Forge user of the local CI. */
    readonly login: string;
    readonly hasToken: readonly CiProvider[];
    /** Variables of `.env` with values of projects' secrets. */
    readonly secretKeys: readonly string[];
    /** Bots ask Woodpecker by a gate, which holds the token of the factory's account. */
    readonly hasGate: boolean;
  };
  /** Seconds that a lease lasts without a renewal, where it is not the usual; the same for all bots. */
  readonly leaseTermS: number | undefined;
  /** What all bots may spend together. */
  readonly budget?: Budget | undefined;
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

export interface Edge {
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  /** Services are at forge.DOMAIN, ci.DOMAIN and dashboard.DOMAIN. */
  readonly domain: string | undefined;
  /** Who signs its certificates: the address of an ACME directory, or `internal`. */
  readonly ca?: string | undefined;
}

interface ForgeSettings {
  readonly kind: ForgeKind;
  /** The operator's address of the forge; bots in the compose network use the service's. */
  readonly url: string;
  /** Host address and port on which the forge service is published. */
  readonly bind: string;
  readonly port: number;
  /** Host port for git over SSH; undefined: none, which is the default. */
  readonly sshPort?: number | undefined;
  readonly adminUser: string;
}

type BotOptions = Renamed<AgentSection>;

/** What its section says, defaults filled in (settings/project.ts), and what follows from where it is declared. */
export interface Bot
  extends Omit<BotOptions, "limits" | "model" | "forgeUser" | "pollInterval" | "command"> {
  readonly name: string;
  /** Which front end declares it; decides the service name. */
  readonly declaredIn: "LLAMA_BOTS" | "agents";
  /** Where it is declared, for people: "LLAMA_BOTS (.env:7)" or "[agents.ada] (projects/x.toml:9)". */
  readonly origin: string;
  /** argv; empty where the harness asks a model. */
  readonly command: readonly string[];
  readonly model: string;
  readonly forgeUser: string;
  readonly pollIntervalS: number;
  readonly limits: SessionLimits;
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
  /** What the bot may spend on one issue, and in one day. */
  readonly issue?: BudgetLimits | undefined;
  readonly day?: BudgetLimits | undefined;
}

type ProjectOptions = Renamed<ProjectFile>;

/** What its file says, defaults filled in (settings/project.ts). */
export interface Project
  extends Omit<
    ProjectOptions,
    "name" | "repo" | "forgeUrl" | "agents" | "ci" | "limits" | "prompts"
  > {
  readonly name: string;
  readonly repo: RepoId;
  readonly ci: Ci;
  readonly limits: Limits;
  /** Instead of those of the package. */
  readonly prompts: Prompts;
}

export interface RepoId {
  readonly owner: string;
  readonly name: string;
}

export interface Ci extends Renamed<ProjectFile["ci"]> {}

export interface Limits extends Renamed<ProjectFile["limits"]> {}
