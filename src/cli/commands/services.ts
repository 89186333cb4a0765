/** What services run; operators seldom type it. */
import { ExitCode } from "../../errors.ts";
import { args, defineCommand, defineGroup, flags } from "../command.ts";

const folder = flags.textOr(
  { variable: "DISINTO_FORGE_FOLDER", fallback: "forge" },
  "folder",
  "Keep the forge's data in this folder",
);
const username = flags.required("login", "Name the account");

const serve = defineCommand({
  name: "serve",
  summary: "Serve Forgejo's REST paths and git over HTTP from one folder, until told to stop",
  example: "disinto forge serve --port 3000 --folder forge",
  isService: true,
  flags: {
    bind: flags.textOr({ fallback: "127.0.0.1" }, "address", "Listen on this address"),
    port: flags.numberOr(3000, "port", "Listen on this port; 0 takes a free one"),
    rootUrl: flags.text("url", "Tell people and bots this address, if it is another"),
    folder,
  },
  run: async (tools, input) => (await import("../forge.ts")).serve(tools, input),
});

const createUser = defineCommand({
  name: "create",
  summary: "Create an account",
  example:
    "disinto forge admin user create --username ada --email ada@example.org --random-password",
  flags: {
    username,
    email: flags.required("address", "Set its address"),
    admin: flags.switch("Make it an administrator"),
    randomPassword: flags.switch("Make a password and print it"),
    randomPasswordLength: flags.text("n", "Accept this flag as Forgejo has it"),
    mustChangePassword: flags.optionalText("yes", "Ask for a new password at the first login"),
    folder,
  },
  run: async (tools, input) => (await import("../forge.ts")).createAccount(tools, input),
});

const createToken = defineCommand({
  name: "generate-access-token",
  summary: "Create a token",
  example: "disinto forge admin user generate-access-token --username ada --raw",
  flags: {
    username,
    tokenName: flags.textOr({ fallback: "admin" }, "name", "Name the token"),
    scopes: flags.textOr({ fallback: "all" }, "scopes", "List its scopes with commas between them"),
    raw: flags.switch("Print the token alone"),
    folder,
  },
  run: async (tools, input) => (await import("../forge.ts")).generateToken(tools, input),
});

const user = defineGroup({
  name: "user",
  summary: "Create accounts and tokens",
  commands: [createUser, createToken],
});

export const forge = defineGroup({
  name: "forge",
  summary: "Run the embedded forge, for trying, developing and testing",
  commands: [
    serve,
    defineGroup({ name: "admin", summary: "Manage accounts without the server", commands: [user] }),
  ],
});

export const egress = defineGroup({
  name: "egress",
  summary: "Run the way out of the factory's network",
  commands: [
    defineCommand({
      name: "serve",
      summary: "Carry what the lists in EGRESS_FOLDER allow, and nothing else",
      example: "disinto egress serve",
      isService: true,
      run: async ({ environment, print: say, signal }) => {
        const { serveEgress } = await import("../../egress/serve.ts");
        await serveEgress({ folder: environment.EGRESS_FOLDER ?? ".", say, signal });
        return ExitCode.done;
      },
    }),
  ],
});

const ofChange = {
  args: { number: args.required("Name the issue, or its pull request, by its number") },
};
const project = flags.text("project", "Choose the project, when there are several");

export const ci = defineGroup({
  name: "ci",
  summary: "See and repeat the CI's runs of a change; run the local CI, or the gate to Woodpecker",
  commands: [
    defineCommand({
      name: "logs",
      summary: "Show what the CI's newest runs of a change wrote, and go on while they run",
      example: "disinto ci logs 7",
      ...ofChange,
      flags: { project },
      run: async (tools, input) => (await import("../ci-runs.ts")).showCiLogs(tools, input),
    }),
    defineCommand({
      name: "rerun",
      summary: "Have the CI run a change again as it stands",
      example: "disinto ci rerun 7",
      ...ofChange,
      flags: { project },
      run: async (tools, input) => (await import("../ci-runs.ts")).rerunCi(tools, input),
    }),
    defineCommand({
      name: "ask",
      summary: "Hand a request on to the local CI beside this process and print its answer",
      example: "disinto ci ask GET /repos/1/pipelines",
      isService: true,
      args: {
        method: args.required("Say GET or POST"),
        path: args.required("Name a path of its API"),
      },
      run: async (tools, input) => (await import("../ci-runs.ts")).askCi(tools, input),
    }),
    defineCommand({
      name: "gate",
      summary: "Let bots read Woodpecker's runs and logs and restart runs, and nothing else",
      example: "disinto ci gate",
      isService: true,
      run: async (tools) => (await import("../ci.ts")).serveCiGate(tools),
    }),
    defineCommand({
      name: "serve",
      summary: "Run .woodpecker/*.yml for every open pull request and post commit statuses",
      example: "disinto ci serve",
      isService: true,
      run: async (tools) => (await import("../ci.ts")).serveCi(tools),
    }),
  ],
});
