/** Which of the issues that one depends on, by the forge's own record or its text, are not closed now. */
import { DisintoError } from "../../errors.ts";
import type { Issue } from "../../ports/forge.ts";
import type { ProjectTools } from "../tools.ts";
import { parseDependencies } from "./dependencies.ts";

export async function findOpenDependencies(
  { dependencies, issues }: Pick<ProjectTools, "dependencies" | "issues">,
  { number, body }: Issue,
): Promise<readonly number[]> {
  const recorded = await dependencies(number);
  const declared = parseDependencies(body).filter((other) => other !== number);
  const open: number[] = [];
  for (const one of [...recorded, ...declared.map((other) => ({ number: other }))]) {
    const isOpen =
      "isOpen" in one ? one.isOpen : (await readIssueState(issues, one.number)) !== "closed";
    if (isOpen && !open.includes(one.number)) open.push(one.number);
  }
  return open;
}

/** What does not exist is not closed either: a person has to correct the text. */
export async function readIssueState(
  issues: Pick<ProjectTools["issues"], "get">,
  number: number,
): Promise<Issue["state"] | "missing"> {
  try {
    return (await issues.get(number)).state;
  } catch (error) {
    if (error instanceof DisintoError && error.code === "forge.not-found") return "missing";
    throw error;
  }
}
