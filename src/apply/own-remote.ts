/** Tells the operator's own repository of the forge: a remote, and a credential helper that answers for it alone. */
import path from "node:path";
import type { Factory, RepoId } from "../core/factory.ts";
import { formatRepo, isSameRepo } from "../core/identities.ts";
import { deriveOwner } from "../core/owner.ts";
import { quoteWord } from "../core/setup.ts";
import { DisintoError } from "../errors.ts";
import type { InitTools } from "./init-tools.ts";
import { rememberOriginal } from "./sync-files.ts";

const REMOTE = "disinto";

interface Introduction {
  readonly factory: Factory;
  readonly folder: string;
  readonly repo: RepoId;
  /** The operator's repository. */
  readonly original: string;
}

export async function introduceForge(
  { originals, self, say }: Pick<InitTools, "originals" | "self" | "say">,
  { factory, folder, repo, original }: Introduction,
): Promise<void> {
  const project = factory.projects.find((one) => isSameRepo(one.repo, repo));
  const owner = deriveOwner(factory);
  if (!project) return;
  await rememberOriginal(folder, project.name, original);
  if (!owner) return;
  const words = [...self, "--factory", path.resolve(folder), "git-credential"];
  const helper = `!${words.map(quoteWord).join(" ")}`;
  const url = `${factory.forge.url}/${formatRepo(project.repo)}.git`;
  const remote = { name: REMOTE, url, login: owner.login, helper };
  const done = await originals.addRemote(original, remote).catch((error: unknown) => {
    if (error instanceof DisintoError && error.code !== "interrupted") return "taken" as const;
    throw error;
  });
  if (done === "added")
    say(`+ git remote ${REMOTE} in ${original}   git push ${REMOTE} ${project.primaryBranch}`);
  if (done === "taken")
    say(`the git remote ${REMOTE} of ${original} is another's; the forge's address is ${url}`);
}
