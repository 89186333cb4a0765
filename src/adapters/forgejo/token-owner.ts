/** Whose a token is. One that is limited to repositories may not ask for its user, so it shows what only that user is told. */
import { isSameLogin } from "../../core/names.ts";
import { DisintoError } from "../../errors.ts";
import type { ExpectedOwner } from "../../ports/forge.ts";
import type { ForgejoHttp } from "./http.ts";
import { Login } from "./shapes.ts";

/** Throws where the token is none, or is limited and not of the expected user. */
export async function findTokenOwner(http: ForgejoHttp, expected?: ExpectedOwner): Promise<string> {
  if (!expected) return http.get("/user", Login);
  const told = await http.find("/user", Login, 403);
  if (told !== undefined) return told;
  if (await isOf(http, expected)) return expected.login;
  const { owner, name } = expected.repo;
  throw new DisintoError(
    "credentials.wrong",
    `the token is not one of ${expected.login} for ${owner}/${name}`,
    { hint: "run `disinto init`, then `disinto up`" },
  );
}

/**
 * A user's permission in a repository is told to that user and to administrators (routers/api/v1/repo/collaborators.go
 * GetRepoPermissions), and only the latter are told the owner's.
 */
async function isOf(http: ForgejoHttp, { login, repo }: ExpectedOwner): Promise<boolean> {
  const path = `/repos/${encodeURIComponent(repo.owner)}/${encodeURIComponent(repo.name)}/collaborators`;
  const ask = (who: string) =>
    http.send(`${path}/${encodeURIComponent(who)}/permission`, { expect: [403, 404] });
  if (isSameLogin(login, repo.owner) || (await ask(login)).status !== 200) return false;
  return (await ask(repo.owner)).status === 403;
}
