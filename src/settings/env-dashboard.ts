/** The variables of `.env` that concern the dashboard. */
import { port, secret } from "./setting.ts";

export const dashboardEnv = {
  dashboardPort: port({
    key: "DISINTO_DASHBOARD_PORT",
    meaning:
      "Host port of the dashboard; without it there is none. Written into a new factory by disinto init",
  }),
  dashboardKey: secret({
    key: "DISINTO_DASHBOARD_KEY",
    readBy: "commands, the dashboard",
    meaning: "What the dashboard's links and cookies are sealed with; written by disinto init",
  }),
  eventsToken: secret({
    key: "DISINTO_EVENTS_TOKEN",
    readBy: "bots, the local CI, the dashboard",
    meaning: "What bots hand their events in with; written by disinto init",
  }),
  dashboardForgeToken: secret({
    key: "DISINTO_DASHBOARD_FORGE_TOKEN",
    readBy: "commands, the dashboard",
    meaning: "Token of the dashboard's user, who only reads; written by disinto init",
  }),
  dashboardForgePass: secret({
    key: "DISINTO_DASHBOARD_FORGE_PASS",
    meaning: "Password of the dashboard's user; written by disinto init",
  }),
};
