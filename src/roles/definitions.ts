/** Every role a bot can have. What it does stands in its folder and is loaded by wiring.ts. */
import { namesOf } from "../core/kinds.ts";
import { devRole } from "./dev/definition.ts";
import { reviewRole } from "./review/definition.ts";

export type Role = "dev" | "review";

export interface RoleDefinition {
  readonly meaning: string;
  /** Takes issues and works on them one at a time. */
  readonly takesIssues: boolean;
  /** Its approval counts where the branch is protected. */
  readonly approves: boolean;
  /** May merge into the protected branch. */
  readonly merges: boolean;
  /** User of its sessions in a container of ours (core/uids.ts), its own. */
  readonly harnessUid: number;
  /** Its session's last message is an answer, where the harness leaves no result file. */
  readonly answersByMessage: boolean;
}

export const roles: Readonly<Record<Role, RoleDefinition>> = { dev: devRole, review: reviewRole };

/** The default for a bot that names none. */
export const DEFAULT_ROLE: Role = "dev";
export const REVIEW_ROLE: Role = "review";

/** Whether one of the roles has the right or the duty; a name from elsewhere that is no role has none. */
export function hasRoleThat(
  names: readonly string[],
  does: (definition: RoleDefinition) => boolean,
): boolean {
  return namesOf(roles).some((name) => names.includes(name) && does(roles[name]));
}
