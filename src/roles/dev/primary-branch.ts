import type { ProjectTask } from "../../core/project-task.ts";
import { DisintoError } from "../../errors.ts";

/** Somebody removed or renamed the branch that everything is merged into, or it was never pushed. */
export function missingPrimary({
  repo,
  primaryBranch,
}: Pick<ProjectTask, "repo" | "primaryBranch">): DisintoError {
  return new DisintoError(
    "forge.not-found",
    `${repo.owner}/${repo.name} has no branch ${primaryBranch}`,
    { hint: "push the branch, or set primary_branch in the project's file" },
  );
}
