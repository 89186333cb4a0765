/** What Woodpecker needs of the forge: an application through which people sign in, and its agent's secret. Pure. */

import type { Factory } from "../../core/factory.ts";
import type { Step } from "../../core/step.ts";
import { env } from "../../settings/env.ts";

export interface DesiredApplication {
  readonly name: string;
  readonly redirectUri: string;
}

/** Variables in `.env` that hold what Woodpecker is handed. */
export const applicationKeys = {
  client: env.wpForgejoClient.key,
  secret: env.wpForgejoSecret.key,
  agent: env.woodpeckerAgentSecret.key,
} as const;

export interface ObservedApplication {
  /** Where the application that `.env` names sends people back; undefined when the forge has no such one. */
  readonly redirectUris: readonly string[] | undefined;
  readonly hasSecret: boolean;
  readonly hasAgentSecret: boolean;
}

export type ApplicationAction =
  | { readonly kind: "register-application"; readonly application: DesiredApplication }
  | { readonly kind: "make-agent-secret"; readonly key: typeof applicationKeys.agent };

/** Undefined where no project's CI is our Woodpecker. */
export function deriveApplication({ name, projects, ci }: Factory): DesiredApplication | undefined {
  if (!projects.some((project) => project.ci.provider === "woodpecker")) return undefined;
  return { name: `${name}-woodpecker`, redirectUri: `${ci.url}/authorize` };
}

const absent: ObservedApplication = {
  redirectUris: undefined,
  hasSecret: false,
  hasAgentSecret: false,
};

/** A secret that is there is kept: the forge tells nobody whether it is the right one. */
export function* planApplication(
  application: DesiredApplication | undefined,
  seen: ObservedApplication = absent,
): Generator<Step<ApplicationAction>> {
  if (!application) return;
  const because = judge(application, seen);
  if (because) yield { action: { kind: "register-application", application }, because };
  if (seen.hasAgentSecret) return;
  yield {
    action: { kind: "make-agent-secret", key: applicationKeys.agent },
    because: "it is not in .env",
  };
}

function judge(
  { redirectUri }: DesiredApplication,
  { redirectUris, hasSecret }: ObservedApplication,
): string | undefined {
  if (!redirectUris) return `the forge has none that ${applicationKeys.client} names`;
  if (!hasSecret) return `${applicationKeys.secret} is not in .env`;
  return redirectUris.includes(redirectUri) ? undefined : "its redirect URI differs";
}
