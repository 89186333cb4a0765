/**
 * Who is who in a container of ours (docs/security.md). High and fixed, since 1000 is Forgejo's, Woodpecker's and often the
 * operator's; docker/agents/enter says the same.
 */
import { type Role, roles } from "../roles/definitions.ts";
import { namesOf } from "./kinds.ts";

/** What strangers wrote runs as other users than the runner, who can enter none of these folders. */
export interface Separation {
  readonly mounts: readonly string[];
  /** By which they get out; undefined: as the network has it. */
  readonly proxy?: string | undefined;
}

/** Holds the credentials. */
export const RUNNER_UID = 64_000;

/** Runs what strangers wrote: one for each role, since a bot's roles work side by side and all of one is ended at once. */
export const harnessUids = Object.fromEntries(
  namesOf(roles).map((role) => [role, roles[role].harnessUid]),
) as Readonly<Record<Role, number>>;

/** Users of the local CI's runs: as many as run at once. */
export const stepUids: readonly number[] = [64_011, 64_012, 64_013, 64_014];
