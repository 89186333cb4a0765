/** Everything with which somebody can act as a user, listed and taken away by an administrator. */
import * as z from "zod";
import { deriveEmail, isSameLogin } from "../../core/names.ts";
import { DisintoError } from "../../errors.ts";
import type { Credential, ForgeCredentials } from "../../ports/forge-admin.ts";
import type { ForgejoHttp } from "./http.ts";
import { TokenShape } from "./shapes.ts";
import { revokeGrants } from "./web-grants.ts";

interface Access {
  readonly url: string;
  readonly signal: AbortSignal | undefined;
  /** The administrator, asking as that user. */
  readonly asUser: (login: string) => ForgejoHttp;
}

const Named = z.object({ id: z.int(), name: z.string() });
const Titled = z
  .object({ id: z.int(), title: z.string().nullish(), key_id: z.string().nullish() })
  .transform(({ id, title, key_id }) => ({ id, name: title ?? key_id ?? String(id) }));
const Email = z.object({ email: z.string() }).transform(({ email }) => ({ id: 0, name: email }));

/** Where each kind is listed, and below that removed. */
const places = {
  application: { path: () => "/user/applications/oauth2", shape: Named },
  "SSH key": { path: () => "/user/keys", shape: Titled },
  "GPG key": { path: () => "/user/gpg_keys", shape: Titled },
  email: { path: () => "/user/emails", shape: Email },
  token: {
    path: (login: string) => `/users/${encodeURIComponent(login)}/tokens`,
    shape: TokenShape,
  },
} as const satisfies Readonly<Record<Credential["kind"], object>>;

/** A forge that takes no notice of whom the administrator asks as would show the administrator's own. */
async function requireActing(user: ForgejoHttp, login: string): Promise<void> {
  const shown = await user.get("/user", z.object({ login: z.string() }));
  if (isSameLogin(shown.login, login)) return;
  const message = `the forge does not show an administrator the credentials of ${login}`;
  const hint = "a forge of this factory that is older than the command is replaced by disinto init";
  throw new DisintoError("forge.invalid", message, { hint });
}

export function buildCredentials(http: ForgejoHttp, access: Access): ForgeCredentials {
  const { url, signal, asUser } = access;
  return {
    list: async (login) => {
      const user = asUser(login);
      await requireActing(user, login);
      const kinds = Object.entries(places) as [Credential["kind"], (typeof places)["token"]][];
      const found: Credential[] = [];
      for (const [kind, { path, shape }] of kinds) {
        // Addresses come all at once, whatever page is asked for.
        const all =
          kind === "email"
            ? await user.get(path(login), z.array(shape))
            : await user.list(path(login), shape);
        for (const { id, name, lastEight, repositories } of all)
          found.push({ kind, id, name, lastEight, repositories });
      }
      return found;
    },
    remove: async (login, { kind, id, name }) => {
      const user = asUser(login);
      const path = places[kind].path(login);
      if (kind === "email") {
        const own = { email: deriveEmail(login) };
        await http.send(`/admin/users/${encodeURIComponent(login)}`, {
          method: "PATCH",
          body: own,
        });
        const body = { emails: [name] };
        await user.send(path, { method: "DELETE", body, expect: [404] });
        return;
      }
      await user.send(`${path}/${id}`, { method: "DELETE", expect: [404] });
    },
    revokeGrants: (credentials) => revokeGrants({ url, signal }, credentials),
  };
}
