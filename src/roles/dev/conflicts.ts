/** A conflict as the harness is told of it; the files themselves are laid into its folder with conflict marks. */
import type { ProjectTools } from "../../bot/tools.ts";
import { formatNames } from "../../core/git-names.ts";
import type { PublishedWork } from "./work.ts";

interface Conflict {
  readonly work: PublishedWork;
  readonly base: string;
  readonly files: readonly string[];
}

/** The most text of one side, shared by its files: a long one hides none of the others. */
const MAX_SIDE_CHARACTERS = 5_000;
const MAX_FILES = 20;

/** Both sides of each file. */
export async function describeConflict(
  { mirror: { objects }, project }: Pick<ProjectTools, "mirror" | "project">,
  { work, base, files }: Conflict,
): Promise<string> {
  const subjectOf = async (sha: string): Promise<string> =>
    `${sha.slice(0, 10)} (${(await objects.readMessage(sha)).split("\n")[0]})`;
  const shown = files.slice(0, MAX_FILES);
  const sideOf = async (from: string, to: string): Promise<string> => {
    const parts = await Promise.all(shown.map((file) => objects.diffOf(file, { from, to })));
    return parts.map((part) => part.slice(0, MAX_SIDE_CHARACTERS / shown.length)).join("");
  };
  return [
    `The primary branch ${project.primaryBranch} changed the same lines in ${formatNames(files)}. Keep what both sides mean.`,
    `Theirs, up to ${await subjectOf(base)}:`,
    await sideOf(work.head, base),
    `Yours, up to ${await subjectOf(work.head)}:`,
    await sideOf(base, work.head),
  ].join("\n\n");
}
