/**
 * A repository of who works in a folder, with the objects of the runner's mirror and files byte for byte. One program makes
 * all of it: becoming another user costs more than the work does.
 */
import path from "node:path";
import { runOrThrow } from "../process.ts";
import type { UserFiles } from "../session-user/user-files.ts";
import { localGitEnvironment } from "./environment.ts";

export interface WorkRepository {
  /** The arguments of `git init` beside the usual ones. */
  readonly init: readonly string[];
  /** Where in the folder git keeps its own. */
  readonly gitFolder: "." | ".git";
  readonly mirror: string;
  /** Where the mirror's objects are lent, for as long as this takes. */
  readonly place: string;
  readonly userFiles: UserFiles;
  /** Files as a clone has them, by the repository's attributes. */
  readonly asCloned?: boolean;
}

/** Git's own file of attributes stands above all of the repository's: files are written and read as they are. */
const RAW = "* -text -crlf -eol -ident -filter -working-tree-encoding";

const MAKE = [
  'mkdir -p -m 0700 -- "$1"',
  'cd -- "$1"',
  "own=$2 objects=$3 attributes=$4",
  "shift 4",
  'git init --quiet --template= "$@"',
  'mkdir -p -- "$own/objects/info" "$own/info"',
  'printf "%s\\n" "$objects" > "$own/objects/info/alternates"',
  'printf "%s\\n" "$attributes" > "$own/info/attributes"',
].join(" && ");

/** Shows nothing of the mirror but its objects, and to no other user. */
export async function makeRepository(folder: string, wanted: WorkRepository): Promise<void> {
  const { init, gitFolder, mirror, place, userFiles, asCloned = false } = wanted;
  const objects = await userFiles.grantRead(path.resolve(mirror, "objects"), place);
  const told = [folder, gitFolder, objects, asCloned ? "" : RAW, ...init];
  await runOrThrow(userFiles.command(["sh", "-c", MAKE, "sh", ...told]), {
    env: localGitEnvironment(),
  });
}
