/** Files as a commit in the mirror has them. */
import type { FileReader, TextFile } from "../../ports/git.ts";
import { git } from "./commands.ts";
import { localGitEnvironment } from "./environment.ts";
import { runGit } from "./objects.ts";

/** `100644 blob <sha>\t<path>`; links and submodules are no files. */
const REGULAR = /^100(?:644|755) blob ([0-9a-f]+)\t([\s\S]+)$/;

export function buildFileReader(folder: string): FileReader {
  const here = { env: localGitEnvironment(), cwd: folder };
  return {
    read: async (sha, paths) => {
      const listed = await runGit("ls-tree", git.listFiles(sha, paths), here);
      const entries = listed.split("\0").flatMap((entry) => {
        const [, blob, path] = REGULAR.exec(entry) ?? [];
        return blob && path ? [{ blob, path }] : [];
      });
      return Promise.all(
        entries.map(async ({ blob, path }): Promise<TextFile> => {
          return { path, text: await runGit("cat-file", git.readFile(blob), here) };
        }),
      );
    },
  };
}
