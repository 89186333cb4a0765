/** Secrets that services are handed in their environment, and only there; whoever prints learns them first. */
export const serviceSecrets = {
  forgeToken: "FORGE_TOKEN",
  forgePassword: "FORGE_PASS",
  modelKey: "ANTHROPIC_API_KEY",
  ciToken: "CI_TOKEN",
  woodpeckerToken: "WOODPECKER_TOKEN",
  woodpeckerAccountToken: "WOODPECKER_ACCOUNT_TOKEN",
  eventsToken: "DISINTO_EVENTS_TOKEN",
  dashboardKey: "DISINTO_DASHBOARD_KEY",
  statusToken: "DISINTO_STATUS_TOKEN",
} as const;
