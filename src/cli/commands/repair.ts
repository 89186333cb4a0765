/** What puts right what went wrong. */
import { args, defineCommand, flags } from "../command.ts";

const number = args.required("Name the issue by its number");
const project = flags.text("project", "Choose the project, when there are several");

export const doctor = defineCommand({
  name: "doctor",
  summary: "Check what the factory needs, and say how to repair it",
  example: "disinto doctor",
  flags: { json: flags.switch("Print it as JSON") },
  run: async (tools, input) => (await import("../doctor.ts")).doctor(tools, input),
});

export const retry = defineCommand({
  name: "retry",
  summary: "Put a blocked issue back into the backlog, with fresh budgets",
  example: "disinto retry 7",
  args: { number },
  flags: { project },
  run: async (tools, input) => (await import("../issue-changes.ts")).retry(tools, input),
});

export const approve = defineCommand({
  name: "approve",
  summary: "Show an issue's text, and approve for the bots what was shown",
  example: "disinto approve 7",
  args: { number },
  flags: {
    project,
    protectedPaths: flags.switch("Approve a change of protected paths for it, too"),
    yes: flags.switch("Ask nothing"),
  },
  run: async (tools, input) => (await import("../issue-changes.ts")).approve(tools, input),
});

export const block = defineCommand({
  name: "block",
  summary: "Have no bot work on an issue until it is put back",
  example: "disinto block 7 --reason 'The design is not decided'",
  args: { number },
  flags: { project, reason: flags.text("text", "Say why in a comment on it") },
  run: async (tools, input) => (await import("../issue-changes.ts")).block(tools, input),
});

export const release = defineCommand({
  name: "release",
  summary: "Take an issue from a dead or stuck bot; its branch and pull request stay",
  example: "disinto release 7 --yes",
  args: { number },
  flags: { project, yes: flags.switch("Ask nothing") },
  run: async (tools, input) => (await import("../issue-changes.ts")).release(tools, input),
});

export const rotate = defineCommand({
  name: "rotate",
  summary: "Replace passwords and tokens; running bots are restarted and keep their work",
  example: "disinto rotate dev-qwen",
  args: { names: args.rest("Name bots; all of them without a name") },
  run: async (tools, input) => (await import("../rotate.ts")).rotate(tools, input),
});

export const prune = defineCommand({
  name: "prune",
  summary: "List volumes that nothing declared uses, and remove those that are named",
  example: "disinto prune --remove agent-data-ada",
  flags: {
    remove: flags.words("volumes", "Remove these, with all data in them"),
    ci: flags.switch("Remove what runs of the CI left whose agent was killed"),
    json: flags.switch("Print them as JSON"),
  },
  run: async (tools, input) => (await import("../prune.ts")).prune(tools, input),
});
