/** Steps about identities as people read them. Pure. */
import type { Credential } from "../ports/forge-admin.ts";
import { formatRepo, type IdentityAction, type IdentityStep } from "./identities.ts";

/** One line a step: what changes, on what, and why. */
export function formatIdentityStep({ action, because }: IdentityStep): string {
  return `+ ${subjectOf(action)}   ${because}`;
}

/** Never more than the forge shows of it. */
export function formatCredential({ kind, name, lastEight }: Credential): string {
  return lastEight === undefined ? `${kind} ${name}` : `${kind} ${name} (…${lastEight})`;
}

function subjectOf(action: IdentityAction): string {
  switch (action.kind) {
    case "create-user":
      return `user ${action.user.login}`;
    case "restrict-user":
      return `restriction of ${action.user.login}`;
    case "set-password":
      return `password of ${action.user.login}`;
    case "remove-credential":
      return `removal of ${formatCredential(action.credential)} of ${action.user.login}`;
    case "mark-user":
      return `mark of ${action.user.login}`;
    case "create-token":
    case "create-own-token":
      return `token of ${action.user.login}`;
    case "create-owner":
      return `user ${action.owner.login}`;
    case "create-owner-token":
      return `token of ${action.owner.login}`;
    case "create-repository":
      return `repository ${formatRepo(action.repository.repo)}`;
    case "grant-access":
      return `${action.access} access of ${action.login} to ${formatRepo(action.repo)}`;
    case "create-label":
      return `label ${action.label.name} in ${formatRepo(action.repo)}`;
    case "fill-repository":
      return `content of ${formatRepo(action.repository.repo)}`;
    case "register-application":
      return `OAuth application ${action.application.name}`;
    case "make-agent-secret":
      return action.key;
    case "protect-branch":
      return `protection of ${action.protection.branch} in ${formatRepo(action.repo)}`;
  }
}
