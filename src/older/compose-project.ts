import { basename } from "node:path";

/** The name that Compose itself gives the project of a folder: that of an installation older than ours; may be empty. */
export function deriveUsualProject(folder: string): string {
  return basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}
