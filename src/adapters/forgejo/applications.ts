/** The administrator's OAuth applications (routers/api/v1/user/app.go). */
import * as z from "zod";
import type { ForgeApplications } from "../../ports/forge-admin.ts";
import type { ForgejoHttp } from "./http.ts";

const path = "/user/applications/oauth2";

export const ApplicationShape = z
  .object({
    id: z.int(),
    name: z.string(),
    client_id: z.string(),
    redirect_uris: z.array(z.string()).nullish(),
  })
  .transform(({ id, name, client_id, redirect_uris }) => {
    return { id, name, clientId: client_id, redirectUris: redirect_uris ?? [] };
  });

export const SavedShape = z
  .object({ client_id: z.string().min(1), client_secret: z.string().min(1) })
  .transform(({ client_id, client_secret }) => ({ clientId: client_id, secret: client_secret }));

export function buildApplications(http: ForgejoHttp): ForgeApplications {
  return {
    list: () => http.list(path, ApplicationShape),
    save: ({ name, redirectUris }, id) => {
      const body = { name, redirect_uris: redirectUris, confidential_client: true };
      return id === undefined
        ? http.write(path, { method: "POST", body }, SavedShape)
        : http.write(`${path}/${id}`, { method: "PATCH", body }, SavedShape);
    },
  };
}
