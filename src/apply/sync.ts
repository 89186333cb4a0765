/** `sync`: commits of the operator's own repository go to the forge, what was merged there comes back. Never forced. */
import path from "node:path";
import { openSecrets } from "../config/secret-store.ts";
import type { Factory, Project } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import { deriveOwner } from "../core/owner.ts";
import { DisintoError } from "../errors.ts";
import type { Comparison, ForgeBranch, Originals } from "../ports/originals.ts";
import { type Administrator, findAdministrator } from "./administrator.ts";
import type { InitTools } from "./init-tools.ts";
import { restoreLifted, withPathsLifted } from "./lifted-paths.ts";
import { readOriginal } from "./sync-files.ts";

export interface SyncTools extends InitTools {
  /** Runs `disinto` with these words once this process has ended; answers how to tell it that it need not. */
  readonly startGuard: (words: readonly string[]) => Promise<() => Promise<void>>;
}

export interface Sync {
  readonly factory: Factory;
  readonly environment: ReadonlyMap<string, string>;
  readonly folder: string;
  readonly project: Project;
  /** The operator's repository; default: the one that `init` was given, else where the command runs. */
  readonly original?: string | undefined;
}

interface Opened {
  readonly original: string;
  readonly place: ForgeBranch;
  readonly administrator: Administrator;
  readonly state: Comparison;
}

export async function pushOriginal(tools: SyncTools, sync: Sync): Promise<boolean> {
  const { folder, project } = sync;
  const { original, place, administrator, state } = await openSync(tools, sync);
  const { repositories } = administrator.forge;
  if (state.relation === "diverged") throw diverged(place, original);
  if (state.relation !== "ahead") return false;
  const guard = () => tools.startGuard(["--factory", path.resolve(folder), "sync", "restore"]);
  const lifting = { folder, repo: project.repo, branch: place.branch, paths: state.paths };
  await withPathsLifted(repositories, { ...lifting, guard, say: tools.say }, () =>
    tools.originals.push(original, state.here, place),
  );
  await requireSame(tools.originals, original, place);
  tools.say(`+ ${place.branch} of ${formatRepo(project.repo)}   ${state.here.slice(0, 10)}`);
  return true;
}

export async function pullOriginal(tools: SyncTools, sync: Sync): Promise<boolean> {
  const { original, place, state } = await openSync(tools, sync);
  const { relation, here, there } = state;
  if (relation === "diverged") throw diverged(place, original);
  if (relation !== "behind" || there === undefined) return false;
  await tools.originals.fastForward(original, { from: here, to: there }, place);
  await requireSame(tools.originals, original, place);
  tools.say(`+ ${place.branch} in ${original}   ${there.slice(0, 10)}`);
  return true;
}

/** After a kill: the rules that a push had lifted are put back. */
export async function restoreRules(
  tools: InitTools,
  { factory, environment, folder }: Pick<Sync, "factory" | "environment" | "folder">,
): Promise<void> {
  const { forge } = await findLasting(tools, { factory, environment, folder });
  await restoreLifted(forge.repositories, folder, tools.say);
}

async function openSync(tools: SyncTools, sync: Sync): Promise<Opened> {
  const { factory, environment, folder, project } = sync;
  const administrator = await findLasting(tools, sync);
  await restoreLifted(administrator.forge.repositories, folder, tools.say);
  const original = sync.original ?? (await readOriginal(folder, project.name)) ?? ".";
  const owner = deriveOwner(factory);
  const token = owner && environment.get(owner.keys.token);
  const { login, password } = administrator.credentials;
  const who = owner && token ? { login: owner.login, token } : { login, token: password };
  const { url } = factory.forge;
  const place = {
    branch: project.primaryBranch,
    url: `${url}/${formatRepo(project.repo)}.git`,
    access: { forgeUrl: url, ...who },
  };
  const state = await tools.originals.compare(original, place);
  return { original, place, administrator, state };
}

/** The administrator, whose calls an interruption of ours does not end: what was lifted is put back. */
function findLasting(
  tools: InitTools,
  { factory, environment, folder }: Pick<Sync, "factory" | "environment" | "folder">,
): Promise<Administrator> {
  const secrets = openSecrets(folder, environment, tools.learnSecrets);
  const lasting = {
    say: tools.say,
    forgeAdmin: tools.lastingForgeAdmin,
    createForgeAdministrator: (): Promise<never> => {
      throw new DisintoError("credentials.missing", ".env has no FORGE_ADMIN_PASS", {
        hint: "run disinto init",
      });
    },
  };
  return findAdministrator(lasting, { factory, folder, secrets });
}

async function requireSame(originals: Originals, original: string, place: ForgeBranch) {
  if ((await originals.compare(original, place)).relation === "same") return;
  throw new DisintoError("git.failed", `${place.branch} is not the same here and on the forge`, {
    hint: "somebody else pushed meanwhile: run the same command again",
  });
}

function diverged({ branch }: ForgeBranch, original: string): DisintoError {
  const message = `${branch} in ${original} and on the forge each have commits that the other has not`;
  return new DisintoError("push.refused", message, {
    hint: `nothing is forced; bring yours on top: git -C ${original} pull --rebase disinto ${branch}`,
  });
}
