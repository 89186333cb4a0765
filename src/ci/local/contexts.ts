/** Workflow files of a repository, and the commit status contexts that the local CI posts for them. */
import { nameWorkflow } from "./workflow/workflows.ts";

interface Workflow {
  readonly event: "push" | "pull_request";
  readonly name: string;
  /** From 1, where a matrix makes several of one file. */
  readonly axis?: number;
}

/** Context of the commit status that a workflow's run posts: a pull request's names no event. */
export function formatContext({ event, name, axis }: Workflow): string {
  const parts = ["ci/local", ...(event === "push" ? ["push"] : []), name];
  return (axis === undefined ? parts : [...parts, axis]).join("/");
}

/** The status context of a pull request's run of a workflow file. */
export function deriveContext(file: string): string {
  return formatContext({ event: "pull_request", name: nameWorkflow(file) });
}

export function isWorkflowFile(name: string): boolean {
  return /\.ya?ml$/.test(name);
}
