/** What the operator named as the repository to work on: an address, a repository on the forge, or a folder. Pure. */
import { DisintoError } from "../errors.ts";
import type { RepoId } from "./factory.ts";

export type Source =
  /** Brought to the forge with all branches and tags. */
  | { readonly kind: "folder"; readonly folder: string; readonly name: string }
  | { readonly kind: "url"; readonly url: string; readonly name: string }
  /** Used where it is. */
  | { readonly kind: "forge"; readonly repo: RepoId };

interface Surroundings {
  /** A folder of that name is there. */
  readonly isFolder: boolean;
  readonly forgeUrl: string;
}

/** A folder that is there wins over a repository of the same name on the forge. */
export function parseSource(text: string, { isFolder, forgeUrl }: Surroundings): Source {
  // Git would serve it under its own configuration; a folder is read without that.
  if (text.startsWith("file://")) return parseSource(toPath(text), { isFolder: true, forgeUrl });
  if (isAddress(text)) return parseAddress(text, forgeUrl);
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(text) ?? [];
  const isPath = owner === undefined || /^\.*$/.test(owner);
  if (isFolder || isPath || name === undefined)
    return { kind: "folder", folder: text, name: toProjectName(text) };
  return { kind: "forge", repo: { owner, name } };
}

function toPath(url: string): string {
  if (!URL.canParse(url))
    throw new DisintoError("usage.invalid", "the repository's address is not a valid URL");
  return decodeURIComponent(new URL(url).pathname);
}

function isAddress(text: string): boolean {
  return /^(https?|ssh|git):\/\//.test(text) || /^[\w.-]+@[\w.-]+:/.test(text);
}

function parseAddress(url: string, forgeUrl: string): Source {
  if (/^https?:/.test(url)) {
    refuseCredentials(url);
    const [, owner, name] =
      new RegExp(`^${escapePattern(forgeUrl)}/([\\w.-]+)/([\\w.-]+?)(?:\\.git)?/?$`).exec(url) ??
      [];
    if (owner !== undefined && name !== undefined) return { kind: "forge", repo: { owner, name } };
  }
  return { kind: "url", url, name: toProjectName(url) };
}

/** It would stand in argument lists and in git's own files. */
function refuseCredentials(url: string): void {
  if (!URL.canParse(url))
    throw new DisintoError("usage.invalid", "the repository's address is not a valid URL");
  const { username, password } = new URL(url);
  if (username === "" && password === "") return;
  throw new DisintoError("usage.invalid", "the repository's address contains a credential", {
    hint: "remove it; git's own credential helper supplies it",
  });
}

/** The last part of a path or an address, as a name for a project and its file. */
export function toProjectName(text: string): string {
  const last =
    text
      .replace(/[/\\]+$/, "")
      .replace(/\.git$/, "")
      .split(/[/\\:]/)
      .at(-1) ?? "";
  return (
    last
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "project"
  );
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
