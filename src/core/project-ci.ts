/** Which CI a new project gets, and which of its statuses count. Pure. */
import { type CiProvider, ciProviders, DEFAULT_CI, WOODPECKER } from "../ci/definitions.ts";
import { engines } from "../engines/definitions.ts";
import { DisintoError } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { isName } from "./addresses.ts";
import type { Factory } from "./factory.ts";
import { listNames, namesOf } from "./kinds.ts";

export interface ChosenCi {
  readonly provider: CiProvider;
  /** Whose statuses count; undefined: whoever posts them. */
  readonly login: string | undefined;
  /** Why it is not Woodpecker, where that might have been expected. */
  readonly because?: string | undefined;
}

/** The one asked for; else what the factory's other projects have; else Woodpecker where it can be. */
export function chooseCi(factory: Factory, asked: string | undefined): ChosenCi {
  const provider = asked === undefined ? offerCi(factory) : requireCi(factory, asked);
  const { account, user } = ciProviders[provider];
  const login = account?.(factory.name).login ?? user?.(factory).login;
  const isServed = forgeKinds[factory.forge.kind].service?.servesCi;
  const isOffered = asked === undefined && factory.projects.length === 0;
  const because = isServed && isOffered ? findObstacle(factory) : undefined;
  return { provider, login, ...(because !== undefined && { because }) };
}

function offerCi(factory: Factory): CiProvider {
  const [first, ...others] = new Set(factory.projects.map(({ ci }) => ci.provider));
  if (first !== undefined) return others.length === 0 ? first : DEFAULT_CI;
  return findObstacle(factory) === undefined ? WOODPECKER : DEFAULT_CI;
}

function requireCi(factory: Factory, asked: string): CiProvider {
  const provider = namesOf(ciProviders).find((name) => name === asked);
  if (!provider)
    throw new DisintoError("usage.invalid", `there is no CI ${asked}`, {
      hint: `one of: ${listNames(ciProviders)}`,
    });
  const obstacle = provider === WOODPECKER ? findObstacle(factory) : undefined;
  if (obstacle === undefined) return provider;
  throw new DisintoError("usage.invalid", `Woodpecker cannot be the CI here: ${obstacle}`, {
    hint: "docs/networks.md says what it needs; or leave --ci out",
  });
}

/** Why Woodpecker cannot work here; undefined: it can. */
function findObstacle({ engine, forge, ci }: Factory): string | undefined {
  if (!engines[engine].runsImages) return "it runs in containers";
  if (!forgeKinds[forge.kind].service?.servesCi)
    return `the forge is ${forgeKinds[forge.kind].meaning}`;
  const unnamed = [forge.url, ci.url].find((url) => !isName(new URL(url).hostname));
  return unnamed && `${unnamed} is no name that browser, services and steps all find`;
}
