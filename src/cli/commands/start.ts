/** What one begins with. */
import { ciProviders } from "../../ci/definitions.ts";
import { listNames } from "../../core/kinds.ts";
import { args, defineCommand, flags } from "../command.ts";

export const init = defineCommand({
  name: "init",
  summary:
    "Create bot users, tokens, repository and branch protection; run it again to repair them",
  example: "disinto init ./my-repository",
  args: {
    repository: args.optional(
      "Bring this repository to the forge (a folder or an address), or use owner/name there",
    ),
  },
  flags: {
    engine: flags.text(
      "engine",
      "Run services with compose, or with local: child processes, no Docker",
    ),
    forge: flags.text(
      "kind",
      "Run forgejo (the default with Docker) or embedded, or use an external one",
    ),
    forgeUrl: flags.text(
      "url",
      "Use a Forgejo that runs elsewhere; its password in FORGE_ADMIN_PASS",
    ),
    forgePort: flags.text("port", "Publish our own forge on this port"),
    ci: flags.text("kind", `Let ${listNames(ciProviders)} run the project's checks`),
    admin: flags.text("user", "Name the forge's administrator"),
    owner: flags.text(
      "user",
      "Name the person who owns the factory on its forge (default: your user on this machine)",
    ),
    bots: flags.text("names", "Name the bots that write code, with spaces or commas between them"),
    localModel: flags.text("url", "Set the base URL of their model's API"),
    model: flags.text("name", "Set the model's name"),
    adoptUser: flags.words(
      "logins",
      "Take over these accounts for bots: password, tokens, keys and grants are replaced",
    ),
    workflow: flags.text(
      "choice",
      "Of a repository without one: write it, block changes until there is one, or pass them untested",
    ),
    allow: flags.text(
      "names",
      "Let a new project's sessions and CI reach these: presets (npm, pypi, …), hosts, or none",
    ),
    dryRun: flags.switch("Show what would be done and change nothing"),
    yes: flags.switch("Ask nothing and take the defaults"),
    json: flags.switch("Print the steps as JSON and ask nothing"),
  },
  run: async (tools, input) => (await import("../init.ts")).init(tools, input),
});

export const demo = defineCommand({
  name: "demo",
  summary: "Run a whole factory on this machine until its bots have merged seven issues",
  example: "disinto demo",
  flags: {
    bots: flags.numberOr(3, "count", "Set how many bots code"),
    speed: flags.numberOr(1, "factor", "Let the scripted coder think faster or slower"),
    keep: flags.text("folder", "Make the factory in this folder and leave it running"),
    harness: flags.text("kind", "Let a real coding agent code instead of the script"),
    baseUrl: flags.text("url", "Set the base URL of its model's API"),
    model: flags.text("name", "Set its model's name"),
    clean: flags.switch("Find and remove what earlier demos left behind"),
  },
  run: async (tools, input) => (await import("../demo.ts")).demo(tools, input),
});
