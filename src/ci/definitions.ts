/** Every CI that can judge a project's changes. How bots ask it is loaded by wiring.ts. */

import type { DesiredUser } from "../core/accounts.ts";
import type { Addresses } from "../core/addresses.ts";
import type { CiSecret } from "../core/ci-secrets.ts";
import type { Ci, Factory } from "../core/factory.ts";
import { namesOf } from "../core/kinds.ts";
import type { Layout } from "../core/layout.ts";
import type { DesiredService, Mount } from "../core/service.ts";
import type { TextFile } from "../ports/git.ts";
import { externalCi } from "./external/definition.ts";
import { localCi } from "./local/definition.ts";
import { woodpeckerCi } from "./woodpecker/definition.ts";

export type CiProvider = "local" | "woodpecker" | "external";

export interface CiDefinition {
  readonly meaning: string;
  /** Its services run in images of their own, which only some engines can. */
  readonly needsImages: boolean;
  /** Empty: it runs elsewhere. */
  readonly services: (factory: Factory, place: CiPlace) => readonly DesiredService[];
  /** The image in which its steps run; undefined if each names its own, or they run elsewhere. */
  readonly stepsImage?: (factory: Factory) => string;
  /** How bots ask for their runs' logs; undefined if they know the statuses alone. */
  readonly access?: CiAccessKeys;
  /** Mounted into every bot. */
  readonly mounts: readonly Mount[];
  /** Its own user on the forge, a writer of each project that it judges. */
  readonly user?: (factory: { readonly ci: { readonly login: string } }) => DesiredUser;
  /** The login of that user where no project says another. */
  readonly usualLogin?: string | undefined;
  /** The account of the factory as which it acts where a project's `[ci] login` names it; it administers those projects. */
  readonly account?: (factoryName: string) => DesiredUser;
  /** As whose container's the egress service sees its steps; undefined if they run elsewhere. */
  readonly stepsCaller?: {
    /** "" stands for containers that nobody else is. */
    readonly container: (factoryName: string) => string;
    /** Also where no project uses it. */
    readonly isAlways: boolean;
  };
  /** Events whose steps run by the files of a change that nobody has merged. */
  readonly hearsOfWork: readonly string[];
  /** What of these workflow files it will not run, in words; undefined: it runs them all. */
  readonly refuse?: (
    files: readonly TextFile[],
    facts: WorkflowFacts,
  ) => Promise<readonly string[]>;
  /** The images that steps name and that are not started, with what steps would find in them. */
  readonly expects?: (
    files: readonly TextFile[],
    facts: WorkflowFacts,
  ) => Promise<readonly ExpectedImage[]>;
  /** People open its pages and sign in there through the forge. */
  readonly hasPages: boolean;
  /** It knows of a commit what the forge's webhook tells it; else it looks for commits itself. */
  readonly needsWebhook: boolean;
}

/** What decides what of a project's workflow files runs. */
export interface WorkflowFacts {
  readonly primaryBranch: string;
  readonly secrets: readonly CiSecret[];
}

export interface ExpectedImage {
  readonly image: string;
  /** Paths of the workflow files that name it. */
  readonly files: readonly string[];
  /** What is known to be in it; undefined where its name does not say. */
  readonly programs: readonly string[] | undefined;
}

export interface CiPlace {
  readonly layout: Layout;
  readonly addresses: Addresses;
  /** The compose project. */
  readonly project: string;
}

export interface CiAccessKeys {
  /** Variables in a bot's environment. */
  readonly urlKey: string;
  readonly tokenKey: string;
  readonly url: (place: CiPlace) => string;
  /** `disinto init` makes the token where `.env` has none; else an operator gets it from the CI. */
  readonly isMade: boolean;
  /** How the operator's commands reach it. */
  readonly connection: (factory: Factory, place: CiPlace) => CiConnection;
}

/** An address with the first of these tokens that is set; or a service in which `disinto ci ask` hands requests on. */
export type CiConnection =
  | { readonly kind: "address"; readonly url: string; readonly tokenKeys: readonly string[] }
  | { readonly kind: "service"; readonly service: string };

export const ciProviders: Readonly<Record<CiProvider, CiDefinition>> = {
  local: localCi,
  woodpecker: woodpeckerCi,
  external: externalCi,
};

/** What a new project has on a forge that serves it. */
export const WOODPECKER: CiProvider = "woodpecker";
/** The default for a project that names none. */
export const DEFAULT_CI: CiProvider = "local";

/** Those that some project uses, in the table's order. */
export function listUsedCis({ projects }: Pick<Factory, "projects">): readonly CiDefinition[] {
  return namesOf(ciProviders)
    .filter((name) => projects.some(({ ci }) => ci.provider === name))
    .map((name) => ciProviders[name]);
}

/** The factory's account of this project's CI; undefined where it acts as somebody else, as in older factories. */
export function findCiAccount({ provider, login }: Ci, factoryName: string) {
  const account = ciProviders[provider].account?.(factoryName);
  return account?.login === login?.toLowerCase() ? account : undefined;
}

/** The forge user whose statuses count; a CI that is a user of its own always posts as that one. Undefined: anybody's. */
export function findCiLogin({ provider, login }: Ci): string | undefined {
  return login ?? ciProviders[provider].usualLogin;
}
