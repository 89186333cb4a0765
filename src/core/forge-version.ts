/** Whether the forge that answers is one that disinto knows, and the one that the factory asks for. Pure. */
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

type Asked = Pick<Factory, "forge" | "images">;

/** The image's line says another one: it was changed and nothing was started since, or the other way round. */
export function describeOtherVersion(
  { forge, images }: Asked,
  version: string,
): string | undefined {
  const service = forgeKinds[forge.kind].service;
  const wanted = /:v?(\d+\.\d+\.\d+)(?:-rootless)?(?:@|$)/.exec(images.forgejo)?.[1];
  const answers = /^\d+\.\d+\.\d+/.exec(version)?.[0];
  if (!service || service.isOwn || !wanted || !answers || answers === wanted) return undefined;
  return `the forge is version ${answers}, and its image is to be ${images.forgejo} (disinto up)`;
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
