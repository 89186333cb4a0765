/** Whether a forge is one that disinto knows, and what is said of one that does not answer. Pure. */
import { forgeKinds } from "../forge-kinds/definitions.ts";
import type { Factory } from "./factory.ts";

/** The oldest Forgejo whose API and rules disinto knows. Gitea's numbers are lower, and so is what it can do. */
const OLDEST_VERSION = 11;

/** Undefined for one that is new enough. */
export function describeTooOld(url: string, version: string): string | undefined {
  const major = Number(/^\d+/.exec(version)?.[0]);
  if (major >= OLDEST_VERSION) return undefined;
  return `the forge at ${url} has the version ${version}; disinto needs Forgejo ${OLDEST_VERSION} or newer`;
}

/** What a forge of ours does while it does not answer; `state` is its service's. */
export function describeSilence(
  { forge }: Pick<Factory, "forge">,
  { reason, state }: { readonly reason: string; readonly state: string | undefined },
): string {
  const service = forgeKinds[forge.kind].service;
  if (!service || state === undefined) return reason;
  const taking =
    "it answers once it has started, after a change of version once it has taken its data over";
  return `${reason}; its service is ${state}, and ${taking} (disinto logs forgejo)`;
}
