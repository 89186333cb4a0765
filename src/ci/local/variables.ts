/** Variables of the local CI's container: told by definition.ts, read by settings.ts. */
import { DASHBOARD_URL_KEY } from "../../settings/dashboard.ts";
import { env } from "../../settings/env.ts";
import { FORGE_ANNOUNCED_KEY } from "../../settings/forge-announced.ts";
import { PROXY_KEY } from "../../settings/proxy.ts";
import { serviceSecrets } from "../../settings/service-secrets.ts";

export const ciVariables = {
  bind: "CI_BIND",
  data: "CI_DATA",
  port: "CI_PORT",
  projects: "CI_PROJECTS",
  users: "CI_USERS",
  proxy: PROXY_KEY,
  token: serviceSecrets.ciToken,
  dashboardUrl: DASHBOARD_URL_KEY,
  eventsToken: serviceSecrets.eventsToken,
  forgeUrl: env.forgeUrl.key,
  forgeAnnounced: FORGE_ANNOUNCED_KEY,
  forgeToken: serviceSecrets.forgeToken,
} as const;
