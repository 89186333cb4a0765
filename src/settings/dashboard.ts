/** Variables of the dashboard's container: told by core/dashboard-service.ts, read by dashboard/settings.ts. */
import { dashboardEnv } from "./env-dashboard.ts";
import { serviceSecrets } from "./service-secrets.ts";

export const dashboardVariables = {
  bind: "DASHBOARD_BIND",
  port: "DASHBOARD_PORT",
  data: "DASHBOARD_DATA",
  factory: "DASHBOARD_FACTORY",
  projects: "DASHBOARD_PROJECTS",
  factoryRepo: "DASHBOARD_FACTORY_REPO",
  /** Names by which browsers ask for it, with commas. */
  hosts: "DASHBOARD_HOSTS",
  /** Whoever reaches it may read it. */
  open: "DASHBOARD_OPEN",
  /** Where the operator's commands write what only the engine knows. */
  engine: "DASHBOARD_ENGINE",
  forgeUrl: "FORGE_URL",
  /** The forge's address for browsers. */
  forgeLink: "DASHBOARD_FORGE_LINK",
  forgeToken: serviceSecrets.forgeToken,
  key: dashboardEnv.dashboardKey.key,
  eventsToken: dashboardEnv.eventsToken.key,
  statusToken: serviceSecrets.statusToken,
} as const;

/** Where bots and the local CI hand their events in. */
export const DASHBOARD_URL_KEY = "DASHBOARD_URL";
