/** How a bot asks the local CI for a project's cache. A session can do without: what does not answer has none. */
import type { RepoId } from "../../core/factory.ts";
import type { ReadCache } from "../../ports/ci.ts";
import { type CiAccess, WoodpeckerHttp } from "../woodpecker/http.ts";

export interface CacheOptions {
  readonly access: CiAccess;
  readonly repo: RepoId;
  readonly signal: AbortSignal;
}

export function buildReadCache({ access, repo, signal }: CacheOptions): ReadCache {
  const http = new WoodpeckerHttp(access, signal);
  const [owner, name] = [repo.owner, repo.name].map(encodeURIComponent);
  return () => http.stream(`/repos/lookup/${owner}/${name}/cache`).catch(() => undefined);
}
