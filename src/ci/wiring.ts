/** How bots ask each CI why a run is red; an adapter is loaded with the first question. */
import type { CiRuns, ReadCache } from "../ports/ci.ts";
import { type CiProvider, ciProviders } from "./definitions.ts";
import type { CacheOptions } from "./local/read-cache.ts";
import { statusesOnly } from "./statuses-only.ts";
import type { CiRunsOptions } from "./woodpecker/ci-runs.ts";

type Open = (options: CiRunsOptions) => Promise<CiRuns>;

const openWoodpecker: Open = async (options) =>
  (await import("./woodpecker/ci-runs.ts")).buildCiRuns(options);

/** CIs that lend their project's cache to sessions. */
const caches: Partial<Readonly<Record<CiProvider, (options: CacheOptions) => Promise<ReadCache>>>> =
  {
    local: async (options) => (await import("./local/read-cache.ts")).buildReadCache(options),
  };

/** The cache that the provider lends to sessions; undefined where it lends none. */
export function findCache(
  provider: CiProvider,
  { access, ...options }: Omit<CacheOptions, "access"> & Pick<CiRunsRequest, "access">,
): ReadCache | undefined {
  const build = caches[provider];
  if (!build || !access) return undefined;
  return async () => (await build({ access, ...options }))();
}

/** Undefined if nothing is known of it but its statuses. */
const adapters: Readonly<Record<CiProvider, Open | undefined>> = {
  local: openWoodpecker,
  woodpecker: openWoodpecker,
  external: undefined,
};

interface CiRunsRequest extends Omit<CiRunsOptions, "access" | "needsWebhook"> {
  /** Undefined if there is no token for it. */
  readonly access: CiRunsOptions["access"] | undefined;
}

export function buildCiRuns(provider: CiProvider, { access, ...options }: CiRunsRequest): CiRuns {
  const open = adapters[provider];
  if (!open || !access) return statusesOnly;
  let runs: Promise<CiRuns> | undefined;
  const load = (): Promise<CiRuns> => {
    runs ??= open({ access, needsWebhook: ciProviders[provider].needsWebhook, ...options });
    return runs;
  };
  return {
    explain: async (sha, red) => (await load()).explain(sha, red),
    findMissing: async (sha, contexts) => (await load()).findMissing(sha, contexts),
    explainNoRun: async (context, commit) => (await load()).explainNoRun(context, commit),
    retry: async (sha, contexts) => (await load()).retry(sha, contexts),
  };
}
