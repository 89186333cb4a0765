/** The secrets in `.env`. */
import { args, defineCommand, defineGroup, flags } from "../command.ts";

const name = args.required("Name the variable");
const project = flags.text("project", "Name a secret of this project's CI instead of a variable");

export const secrets = defineGroup({
  name: "secrets",
  summary: "Manage the secrets in .env",
  commands: [
    defineCommand({
      name: "list",
      summary: "Show their names, never a value",
      example: "disinto secrets list",
      flags: { json: flags.switch("Print them as JSON") },
      run: async (tools, input) => (await import("../secrets.ts")).listSecrets(tools, input),
    }),
    defineCommand({
      name: "set",
      summary: "Set one to what stands on standard input; a last newline is cut",
      example: "disinto secrets set LLAMA_API_KEY < key.txt",
      args: { name },
      flags: { project },
      run: async (tools, input) => (await import("../secrets.ts")).setSecret(tools, input),
    }),
    defineCommand({
      name: "get",
      summary: "Print the value of one",
      example: "disinto secrets get FORGE_ADMIN_PASS",
      args: { name },
      flags: { project },
      run: async (tools, input) => (await import("../secrets.ts")).getSecret(tools, input),
    }),
    defineCommand({
      name: "remove",
      summary: "Remove one",
      example: "disinto secrets remove LLAMA_API_KEY",
      args: { name },
      flags: { project },
      run: async (tools, input) => (await import("../secrets.ts")).removeSecret(tools, input),
    }),
  ],
});
