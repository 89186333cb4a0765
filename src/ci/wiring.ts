/** How bots ask each CI why a run is red; an adapter is loaded with the first question. */
import type { CiRuns } from "../ports/ci.ts";
import { type CiProvider, ciProviders } from "./definitions.ts";
import { statusesOnly } from "./statuses-only.ts";
import type { CiRunsOptions } from "./woodpecker/ci-runs.ts";

type Open = (options: CiRunsOptions) => Promise<CiRuns>;

const openWoodpecker: Open = async (options) =>
  (await import("./woodpecker/ci-runs.ts")).buildCiRuns(options);

/** Undefined if nothing is known of it but its statuses. */
const adapters: Readonly<Record<CiProvider, Open | undefined>> = {
  local: openWoodpecker,
  woodpecker: openWoodpecker,
  external: undefined,
};

interface Asked extends Omit<CiRunsOptions, "access" | "hearsByWebhook"> {
  /** Undefined if there is no token for it. */
  readonly access: CiRunsOptions["access"] | undefined;
}

export function buildCiRuns(provider: CiProvider, { access, ...options }: Asked): CiRuns {
  const open = adapters[provider];
  if (!open || !access) return statusesOnly;
  let runs: Promise<CiRuns> | undefined;
  const load = (): Promise<CiRuns> => {
    runs ??= open({ access, hearsByWebhook: ciProviders[provider].hearsByWebhook, ...options });
    return runs;
  };
  return {
    explain: async (sha, red) => (await load()).explain(sha, red),
    askFor: async (sha, contexts) => (await load()).askFor(sha, contexts),
    whyNot: async (context, commit) => (await load()).whyNot(context, commit),
    retry: async (sha, contexts) => (await load()).retry(sha, contexts),
  };
}
