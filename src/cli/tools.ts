/** What wiring.ts builds and every command is handed: output, interruption, and the adapters. */
import type { Argv } from "../adapters/process.ts";
import type { SyncTools } from "../apply/sync.ts";
import type { SelfTestTools } from "../bot/self-test.ts";
import type { BotSettings } from "../bot/settings.ts";
import type { RunningBot } from "../bot/tools.ts";
import type { CiConnection } from "../ci/definitions.ts";
import type { CiSettings } from "../ci/local/settings.ts";
import type { Factory, RepoId } from "../core/factory.ts";
import type { EngineName } from "../engines/definitions.ts";
import type { CiLeftovers } from "../ports/ci-leftovers.ts";
import type { CiRunReader } from "../ports/ci-run-reader.ts";
import type { Containers } from "../ports/containers.ts";
import type { EventArchive } from "../ports/event-archive.ts";
import type { Forge } from "../ports/forge.ts";
import type { FoundModel, ModelQuestion, ModelReport } from "../ports/model-server.ts";
import type { OneShots } from "../ports/one-shots.ts";
import type { Questions } from "../ports/questions.ts";
import type { Screen } from "../ports/screen.ts";

interface CiGatePlace {
  readonly url: string;
  readonly botsToken: string;
  readonly accountToken: string;
  readonly bind: string;
  readonly port: number;
}

interface CiRunsPlace {
  readonly connection: CiConnection;
  readonly repo: RepoId;
  readonly containers: Pick<Containers, "exec">;
  readonly environment: ReadonlyMap<string, string>;
}

export interface Tools extends SyncTools, SelfTestTools {
  /** Data for the caller; everything else goes through `say`. Both pass the redactor. */
  readonly print: (text: string) => void;
  /** Prints as it is: only for a secret that was asked for by name. */
  readonly reveal: (text: string) => void;
  readonly redact: (text: string) => string;
  /** Only where a person is at the terminal. */
  readonly questions: () => Promise<Questions>;
  /** Runs a program that has the terminal until it ends, such as an editor. */
  readonly edit: (argv: Argv) => Promise<void>;
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  /** The live part of the terminal on standard error; undefined where none can be drawn. */
  readonly screen: () => Screen | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder of disinto's own package, with what it brings beside its code. */
  readonly packageFolder: string;
  /** As `containers`, but Docker is asked already while the configuration is yet to be read. */
  readonly askEngine: (folder: string) => Promise<(factory: Factory) => Promise<Containers>>;
  /** Where the services of an engine run. */
  readonly openOneShots: (engine: EngineName) => Promise<OneShots>;
  /** Undefined where no CI runs its steps on the engine. */
  readonly ciLeftovers: (engine: EngineName) => Promise<CiLeftovers | undefined>;
  readonly eventArchive: (engine: EngineName) => Promise<EventArchive>;
  readonly forge: (url: string, token: string) => Promise<Forge>;
  /** One look at a model's server, with one small request. */
  readonly examineModel: (question: ModelQuestion) => Promise<ModelReport>;
  /** Those that run on this machine, where they usually listen. */
  readonly findModels: () => Promise<readonly FoundModel[]>;
  readonly bot: (settings: BotSettings) => Promise<RunningBot>;
  readonly ci: (settings: CiSettings) => Promise<() => Promise<void>>;
  /** The runs of a project's CI, as the operator asks for them. */
  readonly ciRuns: (asked: CiRunsPlace) => Promise<CiRunReader>;
  /** The answer of the local CI that runs where this command does. */
  readonly askLocalCi: (method: "GET" | "POST", path: string) => Promise<string>;
  /** Serves bots what they may ask of Woodpecker. */
  readonly ciGate: (place: CiGatePlace) => Promise<{ close(): void }>;
}
