/** The branch of an issue, and what keeps git from having it: a branch's name cannot be a folder of another one. Pure. */

const BRANCH_PREFIX = "fix/issue-";
const HEADS = "refs/heads/";

/** One branch and one pull request per issue, ever. */
export function deriveBranch(
  { branchPrefix = BRANCH_PREFIX }: { readonly branchPrefix?: string | undefined },
  issue: number,
): string {
  return `${branchPrefix}${issue}`;
}

/** Answers undefined for a branch of something else. */
export function parseBranch(
  project: Parameters<typeof deriveBranch>[0],
  branch: string,
): number | undefined {
  const issue = Number(/[1-9]\d*$/.exec(branch)?.[0]);
  return Number.isSafeInteger(issue) && deriveBranch(project, issue) === branch ? issue : undefined;
}

/** Names of branches, among these refs, beside which this one cannot be. */
export function findObstacles(refs: Iterable<string>, branch: string): readonly string[] {
  return namesOf(refs).filter(
    (name) => branch.startsWith(`${name}/`) || name.startsWith(`${branch}/`),
  );
}

/** Those that keep every issue from having its branch. */
export function findCommonObstacles(
  refs: Iterable<string>,
  project: Parameters<typeof deriveBranch>[0],
): readonly string[] {
  const any = deriveBranch(project, 0);
  return namesOf(refs).filter((name) => any.startsWith(`${name}/`));
}

const OTHERS = ["bots/issue-", "disinto/issue-", "issue-bot-"] as const;

/** For a project that no bot has worked on: undefined where the usual place is free. */
export function choosePrefix(refs: readonly string[]): string | undefined {
  const isFree = (branchPrefix?: string): boolean =>
    findCommonObstacles(refs, { branchPrefix }).length === 0;
  return isFree() ? undefined : OTHERS.find(isFree);
}

function namesOf(refs: Iterable<string>): readonly string[] {
  return [...refs].flatMap((ref) => (ref.startsWith(HEADS) ? [ref.slice(HEADS.length)] : []));
}
