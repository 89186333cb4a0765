/** What runs the factory and changes who works in it. */
import { listNames } from "../../core/kinds.ts";
import { harnesses } from "../../harness/definitions.ts";
import { roles } from "../../roles/definitions.ts";
import { args, defineCommand, defineGroup, flags } from "../command.ts";

export const up = defineCommand({
  name: "up",
  summary: "Make the running services match the configuration",
  example: "disinto up --dry-run",
  flags: {
    dryRun: flags.switch("Show the plan and change nothing"),
    remove: flags.switch("Agree to the removals that the plan lists"),
    wait: flags.switch("Wait while another disinto command is running in this factory"),
    json: flags.switch("Print the steps as JSON"),
  },
  run: async (tools, input) => (await import("../up.ts")).up(tools, input),
});

export const down = defineCommand({
  name: "down",
  summary: "Stop and remove every service; volumes stay",
  example: "disinto down",
  flags: {
    volumes: flags.switch("Remove the volumes too, with all data in them"),
    yes: flags.switch("Ask nothing"),
  },
  run: async (tools, input) => (await import("../down.ts")).down(tools, input),
});

export const pause = defineCommand({
  name: "pause",
  summary: "Have bots put aside what they do and begin nothing, until they are resumed",
  example: "disinto pause dev-qwen --reason 'the model moves to another machine'",
  args: { names: args.rest("Name bots; the whole factory without a name") },
  flags: { reason: flags.text("text", "Say why, for whoever looks at the status") },
  run: async (tools, input) => (await import("../pausing.ts")).pauseBots(tools, input),
});

export const resume = defineCommand({
  name: "resume",
  summary: "Have paused bots go on where they were",
  example: "disinto resume",
  args: { names: args.rest("Name bots; all of them, and the factory, without a name") },
  run: async (tools, input) => (await import("../pausing.ts")).resumeBots(tools, input),
});

export const generate = defineCommand({
  name: "generate",
  summary: "Write the generated files and touch nothing that runs",
  example: "disinto generate",
  run: async (tools, input) => (await import("../generate.ts")).generate(tools, input),
});

export const hireAnAgent = defineCommand({
  name: "hire-an-agent",
  summary: "Declare a bot, create its user and credentials, and let it prove that it can work",
  example: "disinto hire-an-agent ada dev --local-model http://127.0.0.1:8081 --up",
  args: {
    name: args.required("Name the bot"),
    role: args.required(`Choose ${listNames(roles)}, or several with a comma between them`),
    words: args.rest("Add words to the command, such as its flags, behind --"),
  },
  flags: {
    localModel: flags.text("url", "Set the base URL of its model's API"),
    model: flags.text("name", "Set the model's name"),
    harness: flags.text("harness", `Choose ${listNames(harnesses)}`),
    command: flags.words("argv", "Set the program of the harness command, with its arguments"),
    pollInterval: flags.number("seconds", "Wait so long between two looks at the forge"),
    slots: flags.number("n", "Limit the sessions that its backend serves at once"),
    project: flags.text("project", "Choose where it works, when there are several projects"),
    up: flags.switch("Start it too"),
  },
  run: async (tools, input) => (await import("../hire.ts")).hire(tools, input),
});

export const fire = defineCommand({
  name: "fire",
  summary: "Remove a bot: its service, leases, tokens, user and configuration",
  example: "disinto fire ada --keep-user",
  args: { name: args.required("Name the bot") },
  flags: {
    keepUser: flags.switch("Leave its user on the forge, without tokens and without access"),
    purge: flags.switch("Remove its volumes too"),
  },
  run: async (tools, input) => (await import("../fire.ts")).fire(tools, input),
});

const agentRun = defineCommand({
  name: "run",
  summary: "Work as the bot that the environment describes, as a bot's container does",
  example: "disinto agent run --once",
  isService: true,
  flags: {
    once: flags.switch("End after one issue, or one review"),
    project: flags.text("project", "Work on this project only"),
  },
  run: async (tools, input) => (await import("../agent.ts")).runAgent(tools, input),
});

const agentProve = defineCommand({
  name: "prove",
  summary: "Show as JSON whether the model works that the environment names",
  example: "disinto agent prove",
  isService: true,
  flags: {},
  run: async (tools) => (await import("../agent-prove.ts")).proveAgent(tools),
});

export const agent = defineGroup({
  name: "agent",
  summary: "Manage individual bots",
  commands: [
    defineSwitch("enable", true),
    defineSwitch("disable", false),
    defineCommand({
      name: "status",
      summary: "Show how bots are",
      example: "disinto agent status dev-qwen",
      args: { names: args.rest("Name bots; all of them without a name") },
      flags: {
        all: flags.switch("Show every bot"),
        json: flags.switch("Print it as JSON"),
      },
      run: async (tools, { all, names, ...rest }) =>
        (await import("../agents.ts")).agents(tools, { ...rest, names: all ? [] : names }),
    }),
    agentRun,
    agentProve,
  ],
});

function defineSwitch(name: "enable" | "disable", enabled: boolean) {
  return defineCommand({
    name,
    summary: enabled ? "Enable bots that were disabled" : "Disable bots; their volumes are kept",
    example: `disinto agent ${name} dev-qwen`,
    args: { names: args.rest("Name the bots") },
    flags: { all: flags.switch("Take every bot") },
    run: async (tools, input) =>
      (await import("../switch.ts")).switchBots(tools, { ...input, enabled }),
  });
}
