/** What of a repository's workflow files the local CI refuses, or may not have, told before any session is paid for. Pure. */
import type { CiSecret } from "../../core/ci-secrets.ts";
import type { ExpectedImage, WorkflowFacts } from "../definitions.ts";
import { listPrograms } from "./image-programs.ts";
import { planWorkflows, type WorkflowFile } from "./workflow/workflows.ts";

/** Each as `FILE: what`; a change that touches nothing of it would be red for it all the same. */
export function listRefusals(
  files: readonly WorkflowFile[],
  facts: WorkflowFacts,
): readonly string[] {
  const found = planAll(files, facts).flatMap(({ file, planned }) =>
    planned.type === "refuse" ? planned.problems.map((problem) => `${file}: ${problem}`) : [],
  );
  // The same key is refused whatever happens; a secret that is missing, for each event.
  return [...new Set(found)];
}

/** The images of all steps that run for some event, each once. */
export function listExpectedImages(
  files: readonly WorkflowFile[],
  facts: WorkflowFacts,
): readonly ExpectedImage[] {
  const users = new Map<string, Set<string>>();
  for (const { file, planned } of planAll(files, facts)) {
    if (planned.type !== "run") continue;
    for (const { image } of planned.steps)
      users.set(image, (users.get(image) ?? new Set()).add(file));
  }
  return [...users].map(([image, by]) => ({
    image,
    files: [...by],
    programs: listPrograms(image),
  }));
}

function planAll(files: readonly WorkflowFile[], { primaryBranch, secrets }: WorkflowFacts) {
  const occasion = { branch: primaryBranch, changedFiles: [], message: "", variables: {} };
  return (["pull_request", "push"] as const).flatMap((event) =>
    files.flatMap((file) =>
      planWorkflows([file], { ...occasion, event, secrets: namesFor(secrets, event) }).map(
        (planned) => ({
          file: file.path,
          planned,
        }),
      ),
    ),
  );
}

/** Each without its value, which decides nothing. */
function namesFor(secrets: readonly CiSecret[], event: string): Record<string, string> {
  const given = secrets.filter(({ events }) => events.includes(event));
  return Object.fromEntries(given.map(({ name }) => [name, ""]));
}
