/** Submodules, and where a factory asks for them. Pure. */

export interface Submodule {
  readonly path: string;
  /** As `.gitmodules` has it. */
  readonly url: string;
  readonly sha: string;
}

export interface Origins {
  /** The address of the repository that names the submodule, where the reader reaches it. */
  readonly repository: string;
  /** Addresses of the forge, by whatever name. */
  readonly forge: readonly string[];
}

export type SubmoduleSource =
  /** `isForge`: with the reader's own account there; else as anybody, where it is let. */
  { readonly url: string; readonly isForge: boolean } | { readonly refused: string };

export function locateSubmodule(
  { url }: Pick<Submodule, "url">,
  origins: Origins,
): SubmoduleSource {
  const whole = toWhole(url, origins.repository);
  if (!whole || !/^https?:$/.test(whole.protocol) || whole.username || whole.password)
    return { refused: `${url} is no address that begins with http:// or https://` };
  const here = origins.repository.replace(/(\/[^/]+){2}\/?$/, "");
  for (const place of [here, ...origins.forge]) {
    const below = pathBelow(whole, place);
    if (below) return { url: `${here}${below}`, isForge: true };
  }
  if (whole.protocol === "https:") return { url: whole.href, isForge: false };
  return { refused: `${url} is neither on the forge nor an https address` };
}

/** A forge under a path shares its host with others, who must not be shown its credentials. */
function pathBelow({ host, pathname }: URL, place: string): string | undefined {
  const forge = new URL(place);
  const base = forge.pathname.replace(/\/$/, "");
  const isBelow = host === forge.host && pathname.startsWith(`${base}/`);
  return isBelow ? pathname.slice(base.length) : undefined;
}

/** `./` and `../` count from the repository itself, as git has it. */
function toWhole(url: string, repository: string): URL | undefined {
  const isRelative = url.startsWith("./") || url.startsWith("../");
  try {
    return isRelative ? new URL(url, `${repository.replace(/\/$/, "")}/`) : new URL(url);
  } catch {
    return undefined;
  }
}
