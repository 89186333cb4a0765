/** The images that a project's workflow files name, where its CI starts none: what steps will miss, told beforehand. */
import { ciProviders, type ExpectedImage } from "../ci/definitions.ts";
import { listCiSecrets } from "../core/ci-secrets.ts";
import type { Factory, Project } from "../core/factory.ts";
import type { RepositoryNote } from "../core/repository-findings.ts";
import { engines } from "../engines/definitions.ts";
import { DisintoError } from "../errors.ts";
import type { Description } from "../ports/repositories.ts";
import { findMissingPrograms, type ProgramsPlace } from "./missing-programs.ts";

export interface StepsExamination extends Omit<ProgramsPlace, "image"> {
  readonly factory: Factory;
}

const hint =
  "a person installs it there, takes the step out, or gives the project Woodpecker (docs/local-ci.md)";

export async function noteStepPrograms(
  { factory, ...place }: StepsExamination,
  project: Project,
  { workflowFiles = [] }: Pick<Description, "workflowFiles">,
): Promise<readonly RepositoryNote[]> {
  const { name, ci, primaryBranch } = project;
  const { expects, stepsImage } = ciProviders[ci.provider];
  const facts = { primaryBranch, secrets: listCiSecrets(project) };
  const expected = (await expects?.(workflowFiles, facts)) ?? [];
  const wanted = [...new Set(expected.flatMap(({ programs = [] }) => programs))];
  const image = stepsImage?.(factory);
  if (image === undefined || expected.length === 0) return [];
  const where = engines[factory.engine].runsImages ? `in ${image}` : "on this machine";
  const note = (message: string, way = hint): RepositoryNote => ({
    verdict: "note",
    message: `${name}: ${message}`,
    hint: way,
  });
  try {
    const missing =
      wanted.length === 0
        ? new Set<string>()
        : await findMissingPrograms({ ...place, image }, wanted);
    return expected.flatMap((one) => {
      const lack = describeLack(one, missing);
      return lack === undefined ? [] : [note(`${lack} ${where}`)];
    });
  } catch (error) {
    if (!(error instanceof DisintoError)) throw error;
    const message = `it could not be looked up which programs steps find ${where}: ${error.message}`;
    return [note(message, error.hint)];
  }
}

function describeLack(
  { image, files, programs }: ExpectedImage,
  missing: ReadonlySet<string>,
): string | undefined {
  const named = `${files.join(", ")} names the image ${image}, which the local CI does not start:`;
  if (programs === undefined) return `${named} its steps run with what is installed`;
  const lacks = programs.filter((one) => missing.has(one));
  return lacks.length === 0 ? undefined : `${named} ${lacks.join(", ")} is not installed`;
}
