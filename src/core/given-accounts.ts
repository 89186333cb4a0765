/**
 * What the owner of a repository asks the forge's administrator for: accounts are made by an administrator alone, and who
 * owns only a repository is given them. Pure.
 */
import { DisintoError } from "../errors.ts";
import type { DesiredUser, ObservedUser } from "./accounts.ts";
import { deriveEmail } from "./names.ts";

export interface Missing {
  readonly user: DesiredUser;
  /** It is there, and no credential in `.env` is accepted as its own. */
  readonly exists: boolean;
}

/** Those of given accounts with which nobody can work yet. */
export function findMissing(
  users: readonly DesiredUser[],
  observed: ReadonlyMap<string, ObservedUser>,
): readonly Missing[] {
  return users.flatMap((user) => {
    const seen = observed.get(user.login);
    if (!seen?.isGiven || seen.tokenWorks || seen.passwordWorks) return [];
    return [{ user, exists: seen.exists }];
  });
}

interface Asker {
  readonly url: string;
  readonly login: string;
}

/** Says what only an administrator of the forge can do, in commands for whoever has a token of one. */
export function describeMissing(missing: readonly Missing[], { url, login }: Asker): DisintoError {
  const absent = missing.filter(({ exists }) => !exists).map(({ user }) => user);
  const closed = missing.filter(({ exists }) => exists).map(({ user }) => user);
  const message = [
    `${login} is no administrator of ${url}, and only one makes accounts and sets their passwords; nothing was changed there`,
    ...closed.map(askForCredential),
    ...absent.map(({ login: name, origin }) => `- ${name} does not exist (${origin})`),
    ...(absent.length > 0
      ? [
          "with an administrator's token, as the line `Authorization: token …` in a file admin-token:",
        ]
      : []),
    ...absent.map((user) => formatMaking(user, url)),
  ].join("\n");
  return new DisintoError("credentials.missing", message, {
    hint: `ask the forge's administrator for these, then run disinto init again: ${login} can do the rest; docs/forgejo.md has the ways`,
  });
}

function askForCredential({ login, keys, scopes }: DesiredUser): string {
  const token = `its token in ${keys.token}, with the scopes ${scopes.join(", ")}`;
  return `- ${login} exists: .env needs ${token}; or its password in ${keys.password}, which must not be one to be changed at the first sign-in`;
}

/** The password that `.env` has for it goes through a pipe. */
function formatMaking({ login, keys }: DesiredUser, url: string): string {
  const body = { username: login, email: deriveEmail(login), must_change_password: false };
  return [
    `  disinto secrets get ${keys.password} | jq -R '${JSON.stringify(body)} + {password: .}' |`,
    `    curl -fsS -o /dev/null ${url}/api/v1/admin/users -H @admin-token -H 'Content-Type: application/json' -d @-`,
  ].join("\n");
}
