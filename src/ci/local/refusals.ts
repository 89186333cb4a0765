/** What of a repository's workflow files the local CI refuses, or may not have, told before any session is paid for. Pure. */
import type { ExpectedImage } from "../definitions.ts";
import { listPrograms } from "./image-programs.ts";
import { planWorkflows, type WorkflowFile } from "./workflow/workflows.ts";

/** Each as `FILE: what`; a change that touches nothing of it would be red for it all the same. */
export function listRefusals(
  files: readonly WorkflowFile[],
  primaryBranch: string,
): readonly string[] {
  const found = planAll(files, primaryBranch).flatMap(({ file, planned }) =>
    planned.type === "refuse" ? planned.problems.map((problem) => `${file}: ${problem}`) : [],
  );
  // The same key is refused whatever happens; a secret that is missing, for each event.
  return [...new Set(found)];
}

/** The images of all steps that run for some event, each once. */
export function listExpectedImages(
  files: readonly WorkflowFile[],
  primaryBranch: string,
): readonly ExpectedImage[] {
  const users = new Map<string, Set<string>>();
  for (const { file, planned } of planAll(files, primaryBranch)) {
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

function planAll(files: readonly WorkflowFile[], branch: string) {
  const occasion = { branch, changedFiles: [], message: "", variables: {}, secrets: {} };
  return (["pull_request", "push"] as const).flatMap((event) =>
    files.flatMap((file) =>
      planWorkflows([file], { ...occasion, event }).map((planned) => ({
        file: file.path,
        planned,
      })),
    ),
  );
}
