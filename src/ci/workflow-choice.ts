/** Whether the workflow files of a commit can make a context's run at all, as Woodpecker chooses. */
import type { CommitFacts, NoRun } from "../ports/ci.ts";
import { nameWorkflow, planWorkflows } from "./local/workflow/workflows.ts";
import { parseContext } from "./woodpecker/judgement.ts";

/** Where workflow files are; the ones in the root count where the folder has none. */
const WORKFLOW_PATHS = [".woodpecker", ".woodpecker.yaml", ".woodpecker.yml"];

/** Woodpecker's pipeline/frontend/yaml/constraint/skip.go. */
const SKIP = /\[(?:ci *skip|skip *ci)\]/i;

export async function findWhyNotRun(
  context: string,
  { event, readFiles, ...occasion }: CommitFacts,
): Promise<NoRun | undefined> {
  if (event === "other") return leftOut("it is of an event that no pull request has");
  if (SKIP.test(occasion.message)) return { kind: "skip-asked" };
  const files = (await readFiles(WORKFLOW_PATHS)).filter(({ path }) => /\.ya?ml$/.test(path));
  if (files.length === 0) return leftOut("this commit has no workflow file");
  const { workflow } = parseContext(context);
  const isNamed = (name: string): boolean => name === workflow || workflow.startsWith(`${name}/`);
  if (!files.some(({ path }) => isNamed(nameWorkflow(path))))
    return leftOut("this commit has no workflow file of this name");
  const run = { ...occasion, event, variables: {}, secrets: {} };
  const planned = planWorkflows(files, run).filter(({ name }) => isNamed(name));
  const reasons = planned.flatMap((one) => (one.type === "skip" ? [one.reason] : []));
  const [reason] = reasons;
  return reason !== undefined && reasons.length === planned.length ? leftOut(reason) : undefined;
}

function leftOut(log: string): NoRun {
  return { kind: "left-out", log };
}
