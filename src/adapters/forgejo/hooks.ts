/** A repository's webhooks (routers/api/v1/repo/hook.go). */
import * as z from "zod";
import type { ForgeHooks } from "../../ports/forge-admin.ts";
import { pathOf } from "./forge.ts";
import type { ForgejoHttp } from "./http.ts";

const HookShape = z
  .object({ id: z.int(), active: z.boolean(), config: z.object({ url: z.string().optional() }) })
  .transform(({ id, active, config }) => ({ id, isActive: active, url: config.url ?? "" }));

export function buildHooks(http: ForgejoHttp): ForgeHooks {
  return {
    list: (repo) => http.list(`${pathOf(repo)}/hooks`, HookShape),
    test: async (repo, id) => {
      await http.send(`${pathOf(repo)}/hooks/${id}/tests`, { method: "POST" });
    },
  };
}
