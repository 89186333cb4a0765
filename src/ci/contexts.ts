/** The statuses of a repository's workflows that a new project requires, by its CI. Pure. */
import { choosePrefix, deriveBranch } from "../core/work-branch.ts";
import type { TextFile } from "../ports/git.ts";
import { type CiProvider, WOODPECKER } from "./definitions.ts";
import { deriveContext, isWorkflowFile } from "./local/contexts.ts";
import { listContexts } from "./woodpecker/contexts.ts";

interface Workflows {
  readonly branch: string;
  /** Names below `.woodpecker/`. */
  readonly workflows: readonly string[];
  readonly workflowFiles?: readonly TextFile[];
  readonly branches: readonly string[];
  readonly names: readonly string[];
}

/** The statuses that every change of a bot will have with this CI. */
export function listRequired(provider: CiProvider, found: Workflows): readonly string[] {
  if (provider !== WOODPECKER) return listLocal(found);
  const work = deriveBranch({ branchPrefix: choosePrefix(found.branches) }, 1);
  return listContexts(found.workflowFiles ?? [], { primary: found.branch, work });
}

/** As Woodpecker looks: the folder, and where it has none, one file in the root. */
function listLocal({ workflows, names }: Workflows): readonly string[] {
  const inside = workflows.filter(isWorkflowFile);
  const root = [".woodpecker.yaml", ".woodpecker.yml"].find((file) => names.includes(file));
  return (inside.length > 0 || !root ? inside : [root]).map(deriveContext);
}
