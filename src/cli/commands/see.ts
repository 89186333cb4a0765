/** What only looks. */
import { args, defineCommand, defineGroup, flags } from "../command.ts";

export const status = defineCommand({
  name: "status",
  summary: "Show what is declared beside what runs, problems first",
  example: "disinto status",
  flags: { json: flags.switch("Print it as JSON") },
  run: async (tools, input) => (await import("../status.ts")).status(tools, input),
});

export const agents = defineCommand({
  name: "agents",
  summary: "Show every bot, what it does and how it is",
  example: "disinto agents",
  flags: { json: flags.switch("Print it as JSON") },
  run: async (tools, input) => (await import("../agents.ts")).agents(tools, input),
});

export const plan = defineCommand({
  name: "plan",
  summary: "Show what up would do, and what init would repair on the forge, and why",
  example: "disinto plan --check",
  flags: {
    check: flags.switch("Exit with 3 when there is something to do"),
    json: flags.switch("Print the steps as JSON"),
  },
  run: async (tools, input) => (await import("../plan.ts")).plan(tools, input),
});

export const cost = defineCommand({
  name: "cost",
  summary: "Show what the bots' sessions took: tokens, hours, money",
  example: "disinto cost --by issue",
  flags: {
    by: flags.text("group", "Add up by bot, issue, model or day, which is the default"),
    json: flags.switch("Print it as JSON"),
  },
  run: async (tools, input) => (await import("../cost.ts")).cost(tools, input),
});

export const logs = defineCommand({
  name: "logs",
  summary: "Show what services wrote",
  example: "disinto logs dev-qwen --follow",
  args: { name: args.optional("Name a bot or a service; all of them without a name") },
  flags: { follow: flags.switch("Go on showing what they write", { short: "f" }) },
  run: async (tools, input) => (await import("../logs.ts")).logs(tools, input),
});

const project = flags.text("project", "Choose the project, when there are several");

const newIssue = defineCommand({
  name: "new",
  summary: "File an issue for the bots, written in the editor unless its text is given",
  example:
    "disinto issue new 'Say farewell' --body 'Add a function that says farewell, with a test'",
  args: { title: args.required("Say in one line what is to be done") },
  flags: {
    body: flags.text("text", "Give the text here"),
    file: flags.text("file", "Read the text from this file, or from standard input with -"),
    label: flags.words("labels", "Add these labels to backlog"),
    priority: flags.switch("Have it taken before the rest of the backlog"),
    project,
  },
  run: async (tools, input) => (await import("../issue-new.ts")).newIssue(tools, input),
});

export const issue = defineCommand({
  name: "issue",
  summary: "Show all that happened to an issue, from the bots' events and the forge",
  example: "disinto issue 7",
  args: { number: args.required("Name the issue by its number") },
  flags: { project, json: flags.switch("Print it as JSON") },
  commands: [newIssue],
  run: async (tools, input) => (await import("../issue.ts")).issue(tools, input),
});

export const config = defineGroup({
  name: "config",
  summary: "Check and describe the factory's configuration",
  commands: [
    defineCommand({
      name: "check",
      summary: "Show every problem in .env and projects/*.toml",
      example: "disinto config check",
      flags: { json: flags.switch("Print them as JSON") },
      run: async (tools, input) => (await import("../config.ts")).checkConfig(tools, input),
    }),
    defineCommand({
      name: "schema",
      summary: "Print the JSON Schema of projects/<name>.toml, for editors",
      example: "disinto config schema > project.schema.json",
      run: async (tools) => (await import("../config.ts")).printSchema(tools),
    }),
    defineCommand({
      name: "reference",
      summary: "Print every setting with its type, default and meaning",
      example: "disinto config reference",
      run: async (tools) => (await import("../config.ts")).printReference(tools),
    }),
  ],
});
