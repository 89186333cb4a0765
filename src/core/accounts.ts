/**
 * Whose an account on the forge is, and the steps that make one of ours what it should be. An account that is not
 * ours is never touched. Pure.
 */
import type { Credential } from "../ports/forge-admin.ts";
import type { RepoId } from "./factory.ts";
import type { Step } from "./step.ts";

export interface DesiredUser {
  readonly login: string;
  /** Variables in `.env` that hold the credentials. */
  readonly keys: { readonly token: string; readonly password: string };
  readonly scopes: readonly string[];
  /** What its token is limited to, where the forge limits tokens: the scopes that can be, and the repositories. */
  readonly limited?: TokenLimits | undefined;
  /** Why it exists, for people. */
  readonly origin: string;
  /** Where another login is chosen. */
  readonly renamedBy: string;
  /** It signs in to a service of ours through the forge, which it allowed to act for it. */
  readonly signsIn?: boolean;
}

export interface TokenLimits {
  readonly scopes: readonly string[];
  /** The first is not the user's own. */
  readonly repositories: readonly [RepoId, ...RepoId[]];
}

export interface ObservedUser {
  readonly exists: boolean;
  readonly isAdmin: boolean;
  /** What only an administrator of the forge writes about a user (Forgejo's `login_name`). */
  readonly mark: string;
  readonly passwordWorks: boolean;
  readonly tokenWorks: boolean;
  /** What that token is limited to; undefined where it is not, as on a forge that limits none, or made before. */
  readonly reaches?: readonly RepoId[] | undefined;
  /** A token in `.env` is the user's, be it under the name that older factories gave it. */
  readonly isProven: boolean;
  /** With what somebody can act as the user beside the credentials in `.env`. */
  readonly foreign: readonly Credential[];
  /** Somebody else made it, and the operator may change nothing of it: they administer a repository, not the forge. */
  readonly isGiven?: true;
}

export type AccountAction =
  | { readonly kind: "create-user"; readonly user: DesiredUser }
  | { readonly kind: "restrict-user"; readonly user: DesiredUser }
  | { readonly kind: "set-password"; readonly user: DesiredUser }
  | {
      readonly kind: "remove-credential";
      readonly user: DesiredUser;
      readonly credential: Credential;
    }
  | { readonly kind: "create-token"; readonly user: DesiredUser }
  /** By the user's own password, which is all that there is of a given account. */
  | { readonly kind: "create-own-token"; readonly user: DesiredUser }
  | { readonly kind: "mark-user"; readonly user: DesiredUser };

const MARK = "disinto:";

/** What stands with each account of a factory; the id is no secret, since only an administrator can write it there. */
export function formatMark(factoryId: string): string {
  return `${MARK}${factoryId}`;
}

export interface Ownership {
  /** Absent while the factory has none: then no account has its mark. */
  readonly factoryId: string | undefined;
  /** Logins that the operator has named to be taken over. */
  readonly adopted: readonly string[];
}

export interface RefusedAccount {
  readonly login: string;
  readonly because: string;
  readonly wayOut: string;
}

const absent: ObservedUser = {
  exists: false,
  isAdmin: false,
  mark: "",
  passwordWorks: false,
  tokenWorks: false,
  isProven: false,
  foreign: [],
};

/** Answers nothing where the account is ours, or nobody has it, or it may become ours. */
export function refuseAccount(
  user: DesiredUser,
  seen: ObservedUser = absent,
  { factoryId, adopted }: Ownership,
): RefusedAccount | undefined {
  if (!seen.exists || isMarked(seen, factoryId)) return undefined;
  const { login, renamedBy } = user;
  const otherName = `choose another login (${renamedBy})`;
  if (seen.isGiven) return seen.isProven ? undefined : refuseGiven(user, otherName);
  if (belongsToOther(seen, factoryId)) {
    const id = seen.mark.slice(MARK.length);
    const lost = `if it is this factory and its .env was lost, set DISINTO_FACTORY_ID=${id} there`;
    const because = "belongs to another factory";
    return { login, because, wayOut: `${otherName}; ${lost}` };
  }
  if (seen.isAdmin) {
    const because = "is an administrator of the forge, and init takes that right from nobody";
    return { login, because, wayOut: `${otherName}, or take the right away on the forge` };
  }
  if (seen.isProven || adopted.some((one) => one.toLowerCase() === login.toLowerCase()))
    return undefined;
  const because = `exists on the forge, and nothing shows that this factory made it: ${user.keys.token} is not its token`;
  const taking = `--adopt-user ${login} takes the account over: its password, tokens, keys and grants are replaced`;
  return { login, because, wayOut: `${otherName}, or: ${taking}` };
}

/** It carries the mark of a factory, and not of this one. */
export function belongsToOther(
  seen: Pick<ObservedUser, "mark">,
  factoryId: string | undefined,
): boolean {
  return seen.mark.startsWith(MARK) && !isMarked(seen, factoryId);
}

function refuseGiven({ login, keys }: DesiredUser, otherName: string): RefusedAccount {
  const because = `exists on the forge, and accepts neither ${keys.token} nor ${keys.password}`;
  return { login, because, wayOut: `put one of them into .env, or ${otherName}` };
}

function isMarked({ mark }: Pick<ObservedUser, "mark">, factoryId: string | undefined): boolean {
  return factoryId !== undefined && mark === formatMark(factoryId);
}

/** Plans an account that was not refused, up to its token. */
export function planUser(
  user: DesiredUser,
  seen: ObservedUser = absent,
  factoryId: string | undefined,
): Iterable<Step<AccountAction>> {
  return seen.isGiven ? planGiven(user, seen) : planOwn(user, seen, factoryId);
}

function* planGiven(
  user: DesiredUser,
  { tokenWorks }: ObservedUser,
): Generator<Step<AccountAction>> {
  const because = `the forge accepts ${user.keys.password}, and ${user.keys.token} is not its token`;
  if (!tokenWorks) yield { action: { kind: "create-own-token", user }, because };
}

function* planOwn(
  user: DesiredUser,
  seen: ObservedUser,
  factoryId: string | undefined,
): Generator<Step<AccountAction>> {
  const { exists, isAdmin, passwordWorks, isProven, foreign } = seen;
  const { login, keys, origin } = user;
  if (!exists) {
    yield { action: { kind: "create-user", user }, because: origin };
    return;
  }
  const marked = isMarked(seen, factoryId);
  if (isAdmin) yield { action: { kind: "restrict-user", user }, because: "it is an administrator" };
  if (!passwordWorks || (!marked && !isProven)) {
    const because = passwordWorks
      ? `${login} is taken over`
      : `the forge does not accept ${keys.password}`;
    yield { action: { kind: "set-password", user }, because };
  }
  for (const credential of foreign) {
    const because = `it is not ${login}'s in .env`;
    yield { action: { kind: "remove-credential", user, credential }, because };
  }
}

/** Once the user has access to what the token is limited to. The mark comes last: what carries it has been cleaned. */
export function* planToken(
  user: DesiredUser,
  seen: ObservedUser = absent,
  factoryId: string | undefined,
): Generator<Step<AccountAction>> {
  if (seen.isGiven) return;
  const because = judgeToken(user, seen);
  if (because) yield { action: { kind: "create-token", user }, because };
  if (seen.exists && !isMarked(seen, factoryId))
    yield { action: { kind: "mark-user", user }, because: "nothing says yet whose it is" };
}

/** Why a new token is needed. A token without limits is kept, as factories of earlier versions have them. */
function judgeToken(
  { keys, limited }: DesiredUser,
  { exists, tokenWorks, reaches }: ObservedUser,
): string | undefined {
  if (!exists) return "a new user";
  if (!tokenWorks) return `the forge does not accept ${keys.token}`;
  if (!reaches || !limited) return undefined;
  const names = (repositories: readonly RepoId[]) =>
    new Set(repositories.map(({ owner, name }) => `${owner}/${name}`.toLowerCase()));
  const [has, wanted] = [names(reaches), names(limited.repositories)];
  const missing = [...wanted].filter((one) => !has.has(one));
  if (missing.length > 0) return `${keys.token} does not reach ${missing.join(", ")}`;
  const surplus = [...has].filter((one) => !wanted.has(one));
  return surplus.length > 0 ? `${keys.token} still reaches ${surplus.join(", ")}` : undefined;
}
