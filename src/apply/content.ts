/** The repository that the operator named, wherever it is; an address is cloned once, when it is first needed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Source } from "../core/source.ts";
import { DisintoError } from "../errors.ts";
import type { Description, Repositories } from "../ports/repositories.ts";

/** What an empty repository on the forge is filled with. */
export interface Content {
  /** A folder with all branches and tags. */
  folder(): Promise<string>;
  describe(): Promise<Description>;
  discard(): Promise<void>;
}

interface ContentTools {
  readonly repositories: Repositories;
  readonly say: (line: string) => void;
}

export function openContent(
  { repositories, say }: ContentTools,
  source: Exclude<Source, { kind: "forge" }>,
): Content {
  let cloned: Promise<{ root: string; folder: string }> | undefined;
  const clone = async (url: string) => {
    const root = await mkdtemp(path.join(tmpdir(), "disinto-content-"));
    const folder = path.join(root, "repository.git");
    say(`cloning ${url}`);
    try {
      await repositories.mirror(url, folder);
    } catch (error) {
      await rm(root, { recursive: true, force: true });
      throw error;
    }
    return { root, folder };
  };
  const folder = async (): Promise<string> => {
    if (source.kind === "folder") return source.folder;
    cloned ??= clone(source.url);
    return (await cloned).folder;
  };
  return {
    folder,
    describe: async () => {
      const name = describeSource(source);
      const found = await describeOrThrow(repositories, await folder(), name);
      if (found.isShallow) throw shallowError(name);
      return found;
    },
    discard: async () => {
      const root = (await cloned?.catch(() => undefined))?.root;
      if (root !== undefined) await rm(root, { recursive: true, force: true });
    },
  };
}

function describeSource(source: Exclude<Source, { kind: "forge" }>): string {
  return source.kind === "url" ? source.url : source.folder;
}

function shallowError(folder: string): DisintoError {
  return new DisintoError("usage.invalid", `${folder} is a shallow clone: its history is cut off`, {
    hint: `git -C ${folder} fetch --unshallow`,
  });
}

export async function describeOrThrow(
  repositories: Pick<Repositories, "describe">,
  folder: string,
  name: string,
): Promise<Description> {
  const found = await repositories.describe(folder);
  if (found) return found;
  throw new DisintoError("usage.invalid", `${name} does not contain a git repository`, {
    hint: "give a folder or an address that contains one",
  });
}
