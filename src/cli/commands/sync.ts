/** The operator's own repository, beside the one on the forge. */
import { args, defineCommand, defineGroup, flags } from "../command.ts";

const repository = args.optional("Name your repository's folder (default: the one init was given)");
const project = flags.text("project", "Choose the project, when there are several");

const push = defineCommand({
  name: "push",
  summary:
    "Bring your commits of the primary branch to the forge, protected paths too; never forced",
  example: "disinto sync push",
  args: { repository },
  flags: { project },
  run: async (tools, input) => (await import("../sync.ts")).sync(tools, { ...input, way: "push" }),
});

const pull = defineCommand({
  name: "pull",
  summary: "Bring what was merged on the forge to your repository; never forced",
  example: "disinto sync pull",
  args: { repository },
  flags: { project },
  run: async (tools, input) => (await import("../sync.ts")).sync(tools, { ...input, way: "pull" }),
});

const restore = defineCommand({
  name: "restore",
  summary: "Put back the rules that a push had lifted when it was killed",
  example: "disinto sync restore < /dev/null",
  flags: {},
  run: async (tools, input) => (await import("../sync.ts")).restore(tools, input),
});

export const sync = defineGroup({
  name: "sync",
  summary: "Keep your own repository and the forge's the same",
  commands: [push, pull, restore],
});

export const gitCredential = defineCommand({
  name: "git-credential",
  summary: "Answer git for the owner's remote, as its credential helper",
  example: "disinto git-credential get",
  args: { operation: args.required("Say what git asks for: get, store or erase") },
  flags: {},
  run: async (tools, input) => (await import("../git-credential.ts")).gitCredential(tools, input),
});
