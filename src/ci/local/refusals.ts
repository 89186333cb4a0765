/** What of a repository's workflow files the local CI refuses, told before any session is paid for. Pure. */
import { planWorkflows, type WorkflowFile } from "./workflow/workflows.ts";

/** Each as `FILE: what`; a change that touches nothing of it would be red for it all the same. */
export function listRefusals(
  files: readonly WorkflowFile[],
  primaryBranch: string,
): readonly string[] {
  const occasion = { branch: primaryBranch, changedFiles: [], message: "" };
  const found = (["pull_request", "push"] as const).flatMap((event) =>
    files.flatMap((file) =>
      planWorkflows([file], { ...occasion, event, variables: {}, secrets: {} }).flatMap((one) =>
        one.type === "refuse" ? one.problems.map((problem) => `${file.path}: ${problem}`) : [],
      ),
    ),
  );
  // The same key is refused whatever happens; a secret that is missing, for each event.
  return [...new Set(found)];
}
