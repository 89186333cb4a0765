/** A repository on the forge, described from its newest commit; nothing of it stays here. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ciProviders } from "../ci/definitions.ts";
import { listCiSecrets } from "../core/ci-secrets.ts";
import { expandAllowed } from "../core/egress-lists.ts";
import type { Factory, Project } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import {
  judgePrimaryBranch,
  judgeRepository,
  type RepositoryNote,
  toSubmoduleNote,
} from "../core/repository-findings.ts";
import { locateSubmodule } from "../core/submodules.ts";
import { DisintoError } from "../errors.ts";
import type { Description, Repositories, Seed } from "../ports/repositories.ts";
import { describeOrThrow } from "./content.ts";
import { noteStepPrograms, type StepsExamination } from "./step-programs.ts";

type Reader = Pick<Repositories, "branches" | "cloneDefaultBranch" | "describe">;
type Access = Seed["access"];

export async function describeOnForge(
  repositories: Reader,
  place: Omit<Seed, "folder">,
  name: string,
): Promise<Description> {
  const root = await mkdtemp(path.join(tmpdir(), "disinto-sketch-"));
  try {
    const folder = path.join(root, "repository.git");
    await repositories.cloneDefaultBranch({ ...place, folder });
    const described = await describeOrThrow(repositories, folder, name);
    return { ...described, branches: await repositories.branches(place) };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

interface Examined {
  readonly factory: Factory;
  /** Where steps of the CI run. */
  readonly steps: Omit<StepsExamination, "factory">;
  readonly project: Project;
  readonly repositories: Reader;
  readonly access: Access;
  /** Whether `.env` has a value. */
  readonly isSet: (key: string) => boolean;
}

/** Undefined where there is nothing to read yet, or no way to. */
export async function noteRepository({
  factory,
  steps,
  project,
  repositories,
  access,
  isSet,
}: Examined): Promise<readonly RepositoryNote[] | undefined> {
  const url = `${factory.forge.url}/${formatRepo(project.repo)}.git`;
  try {
    const absent = judgePrimaryBranch(project, await repositories.branches({ url, access }));
    if (absent) return [absent];
    const described = await describeOnForge(repositories, { url, access }, project.name);
    const place = { ...project, url, forge: [], allow: expandAllowed([project]) };
    const missing = await findMissing({ repositories, access, url }, described);
    const submodules = described.submodules.filter((one) => !missing.includes(one));
    return [
      ...judgeRepository(place, { ...described, submodules }),
      ...(await noteRefusals(project, described)),
      ...(await noteStepPrograms({ factory, ...steps }, project, described)),
      ...noteSecrets(project, isSet),
      ...missing.map((one) =>
        toSubmoduleNote(project.name, one, `the forge has no ${one.url} that can be read`),
      ),
    ];
  } catch (error) {
    if (error instanceof DisintoError) return undefined;
    throw error;
  }
}

/** With a required context of such a file, no change could ever become green. */
async function noteRefusals(
  project: Project,
  { workflowFiles = [] }: Description,
): Promise<readonly RepositoryNote[]> {
  const { name, ci, primaryBranch } = project;
  const facts = { primaryBranch, secrets: listCiSecrets(project) };
  const refused = (await ciProviders[ci.provider].refuse?.(workflowFiles, facts)) ?? [];
  return refused.map((problem) => ({
    verdict: "note",
    message: `${name}: the local CI does not run ${problem}`,
    hint: "every change would be red for it: a person takes it out, or the project gets Woodpecker (docs/local-ci.md)",
  }));
}

function noteSecrets(project: Project, isSet: Examined["isSet"]): readonly RepositoryNote[] {
  const { name: at, ci } = project;
  const { hearsOfWork } = ciProviders[ci.provider];
  return listCiSecrets(project).flatMap(({ name, key, events }): readonly RepositoryNote[] => {
    const absent: RepositoryNote = {
      verdict: "note",
      message: `${at}: no step gets the secret ${name}: .env has no ${key}`,
      hint: `disinto secrets set ${name} --project ${at} < FILE`,
    };
    const open = events.filter((one) => hearsOfWork.includes(one));
    const shown: RepositoryNote = {
      verdict: "note",
      message: `${at}: bots can read the secret ${name}: steps of ${open.join(" and ")} are whatever a change says`,
      hint: `leave ${open.join(" and ")} out of ${name} in [ci.secrets], unless that is meant`,
    };
    return [...(isSet(key) ? [] : [absent]), ...(open.length > 0 ? [shown] : [])];
  });
}

/** Those that should be on the forge and are not. */
async function findMissing(
  { repositories, access, url }: Pick<Examined, "repositories" | "access"> & { url: string },
  { submodules }: Description,
): Promise<Description["submodules"]> {
  const answers = submodules.map(async (one) => {
    const at = locateSubmodule(one, { repository: url, forge: [] });
    if ("refused" in at || !at.isForge) return [];
    return repositories.branches({ url: at.url, access }).then(
      () => [],
      () => [one],
    );
  });
  return (await Promise.all(answers)).flat();
}
