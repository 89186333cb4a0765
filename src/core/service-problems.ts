/** What of the factory's services and accounts a person should look at first. Pure. */
import { env } from "../settings/env.ts";
import type { BotStatus } from "./bot-status.ts";
import { formatTime, type Problem } from "./problems.ts";
import type { ServiceStatus } from "./service-status.ts";

/** What runs badly or no longer runs, with the newest failure that it told of; what never ran is no problem yet. */
export function describeDeadServices(
  services: readonly ServiceStatus[],
  statuses: ReadonlyMap<string, BotStatus>,
): readonly Problem[] {
  return services.filter(isDead).map(({ service, state }): Problem => {
    const failures = Object.values(statuses.get(service)?.failures ?? {});
    const newest = failures.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1);
    const since = newest?.at ?? statuses.get(service)?.lastEventAt;
    const reason = newest ? `: ${newest.message.split("\n")[0]}` : "";
    return {
      kind: "service",
      text: `${service} is ${state}${reason} (disinto logs ${service})`,
      since,
      command: `disinto logs ${service}`,
    };
  });
}

/** What is declared and was there once is not there beside others that run: a CI's agent that somebody removed. */
export function describeMissing(services: readonly ServiceStatus[]): readonly Problem[] {
  // Before the first `up` a forge that `init` has started may run alone.
  const running = services.filter((one) => one.running && one.origin !== undefined);
  if (running.length < 2) return [];
  return services
    .filter(({ state }) => state === "missing")
    .map(({ service }) => ({
      kind: "service",
      text: `${service} is declared and does not run, though others do (disinto up)`,
      command: "disinto up",
    }));
}

function isDead({ state, origin }: ServiceStatus): boolean {
  return origin !== undefined && !/^(running$|running \(process|disabled|missing)/.test(state);
}

/** A service waits for what has not passed by itself; once is nothing yet. */
export function describeFailing(
  services: readonly ServiceStatus[],
  statuses: ReadonlyMap<string, BotStatus>,
): readonly Problem[] {
  return services.flatMap(({ service, running }): readonly Problem[] => {
    const failing = Object.entries(statuses.get(service)?.failing ?? {});
    const lasting = failing.filter(([, { times }]) => running && times > 1);
    return lasting.map(([code, { since, message }]) => ({
      kind: "failing",
      text: `${service} tries again since ${formatTime(since)}: ${message.split("\n")[0]} (${code})`,
      since,
      command: `disinto logs ${service}`,
    }));
  });
}

export interface TriedBot {
  readonly name: string;
  readonly forgeUser: string;
  readonly credentials: string;
  /** Another factory's mark stands with its account on the forge. */
  readonly isTaken?: boolean;
}

/** Who cannot work though it runs. */
export function describeRefused(bots: readonly TriedBot[]): readonly Problem[] {
  return bots.flatMap(({ name, forgeUser, credentials, isTaken }): readonly Problem[] => {
    if (isTaken) {
      const text = `two factories fight over ${forgeUser}, the account of ${name}: it carries the mark of another one on the forge (disinto init says which ways out there are)`;
      return [{ kind: "credentials", text, command: "disinto init" }];
    }
    if (credentials === "refused")
      return [
        {
          kind: "credentials",
          text: `the forge refuses the token of ${name}: it was revoked there, or another factory uses ${forgeUser} (disinto init)`,
          command: "disinto init",
        },
      ];
    if (credentials !== "foreign") return [];
    const text = `the token of ${name} belongs to another user than ${forgeUser} (disinto init)`;
    return [{ kind: "credentials", text, command: "disinto init" }];
  });
}

interface AnsweringForge {
  readonly url: string;
  /** As it says itself; undefined where it was not asked or does not answer. */
  readonly version: string | undefined;
  /** What the image that `.env` names would answer; undefined where nothing says it. */
  readonly expected: string | undefined;
}

/** A forge that is another one than `.env` says: an `up` that was forgotten, or a port that another forge has. */
export function describeForgeVersion(forge: AnsweringForge): readonly Problem[] {
  const { url, version, expected } = forge;
  if (version === undefined || expected === undefined) return [];
  // Forgejo says beside its own version that of Gitea whose API it has: 15.0.3+gitea-1.22.0.
  if (version.split("+")[0] === expected) return [];
  const text = `the forge at ${url} is version ${version}, and ${env.imageForgejo.key} in .env names ${expected} (disinto up)`;
  return [{ kind: "forge", text, command: "disinto up" }];
}
