/** What the folder of a session has or lacks beside its files: told to the harness, and to people where something is missing. */
import { commentOnce } from "../../bot/issue/comment-once.ts";
import type { ProjectTools } from "../../bot/tools.ts";
import { formatNames } from "../../core/git-names.ts";
import type { FetchedSubmodule } from "../../ports/git.ts";
import type { PreparedWork } from "./work.ts";

export interface Surroundings {
  readonly submodules: readonly FetchedSubmodule[];
  /** For the harness; empty where there is nothing to say. */
  readonly notes: string;
}

/** Reads the primary branch alone: what a change writes into `.gitmodules` is fetched once people have merged it. */
export async function readSurroundings(
  {
    mirror,
    submodules,
    issues,
    bots,
  }: Pick<ProjectTools, "mirror" | "submodules" | "issues" | "bots">,
  { base, issue }: Pick<PreparedWork, "base" | "issue">,
): Promise<Surroundings> {
  const fetched = await submodules.fetch(base);
  const lfs = (await mirror.objects.lfsAttributes(base)).length > 0;
  const missing = fetched.filter(({ refused }) => refused !== undefined);
  if (lfs) {
    const cause = "lfs";
    await commentOnce({ issues, bots }, { on: issue, cause, about: cause, text: LFS_TO_PEOPLE });
  }
  if (missing.length > 0)
    await commentOnce(
      { issues, bots },
      {
        on: issue,
        cause: "submodules",
        about: missing.map(({ path }) => path).join("\n"),
        text: `I work without these submodules, which I cannot fetch:\n\n${listMissing(missing)}`,
      },
    );
  return { submodules: fetched, notes: formatNotes(fetched, lfs) };
}

const LFS_TO_PEOPLE =
  "This repository keeps files in Git LFS, which this factory has no store for: I see the pointers instead of the files, and a change that puts a file where a pointer belongs is refused. If the issue is about such a file, a person has to do it.";

function formatNotes(fetched: readonly FetchedSubmodule[], lfs: boolean): string {
  const missing = fetched.filter(({ refused }) => refused !== undefined);
  const there = fetched.filter(({ refused }) => refused === undefined);
  return [
    there.length > 0 &&
      `Submodules, there to be read; what is changed in them is no part of the change: ${formatNames(there.map(({ path }) => path))}`,
    missing.length > 0 && `Submodules that could not be fetched:\n${listMissing(missing)}`,
    lfs &&
      "Files that .gitattributes gives to Git LFS stand here as pointers. Leave them as they are, and add none: such a change cannot be stored.",
  ]
    .filter((part) => part !== false)
    .join("\n\n");
}

function listMissing(missing: readonly FetchedSubmodule[]): string {
  return missing.map(({ path, refused }) => `- ${formatNames([path])}: ${refused}`).join("\n");
}
