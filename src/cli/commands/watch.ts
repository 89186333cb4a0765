/** The page on which people watch the factory. */
import { defineCommand, flags } from "../command.ts";

const serve = defineCommand({
  name: "serve",
  summary: "Serve the dashboard that the environment describes, as its container does",
  example: "disinto dashboard serve",
  isService: true,
  flags: {},
  run: async (tools) => (await import("../dashboard.ts")).serveDashboard(tools),
});

export const dashboard = defineCommand({
  name: "dashboard",
  summary: "Print a link to the factory's page that signs in once, or play a recorded day again",
  example: "disinto dashboard --replay .disinto/local --speed 60",
  flags: {
    replay: flags.text("folder", "Play the events of the files *.jsonl below this folder"),
    speed: flags.numberOr(1, "times", "Play so many times as fast"),
    port: flags.number("port", "Play on this port; any free one without it"),
  },
  commands: [serve],
  run: async (tools, input) => (await import("../dashboard.ts")).dashboard(tools, input),
});
