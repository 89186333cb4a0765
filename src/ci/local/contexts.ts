/** Workflow files of a repository, and the commit status contexts that the local CI posts for them. */

/** Context of the commit status that a workflow file's run posts. */
export function deriveContext(file: string): string {
  return `ci/local/${file.replace(/\.ya?ml$/, "")}`;
}

export function isWorkflowFile(name: string): boolean {
  return /\.ya?ml$/.test(name);
}
