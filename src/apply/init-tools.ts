/** What every command about identities needs of the adapters. */
import type { LearnSecrets } from "../config/secret-store.ts";
import type { Factory } from "../core/factory.ts";
import type { CiServer } from "../ports/ci-admin.ts";
import type { Containers } from "../ports/containers.ts";
import type { OneShots } from "../ports/one-shots.ts";
import type { Originals } from "../ports/originals.ts";
import type { Repositories } from "../ports/repositories.ts";
import type { AdministratorTools } from "./administrator.ts";
import type { WaitTools } from "./forge-wait.ts";

export interface InitTools extends AdministratorTools, WaitTools {
  readonly version: string;
  readonly learnSecrets: LearnSecrets;
  readonly repositories: Repositories;
  readonly originals: Originals;
  /** argv that starts disinto itself, for services that are child processes and for git. */
  readonly self: readonly [string, ...string[]];
  /** As `forgeAdmin`, but an interruption does not end its calls. */
  readonly lastingForgeAdmin: AdministratorTools["forgeAdmin"];
  readonly oneShots: OneShots;
  readonly ciServer: (place: {
    readonly url: string;
    readonly forgeUrl: string;
  }) => Promise<CiServer>;
  readonly containers: (factory: Factory, folder: string) => Promise<Containers>;
}
