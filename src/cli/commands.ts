/** All commands on one screen. Each loads its own code only when it is called. */
import { Command } from "commander";
import { ExitCode } from "../errors.ts";
import { addFleetCommands, type Registration } from "./fleet-commands.ts";
import { addForge } from "./forge.ts";
import { addAgentSwitches, addIdentityCommands } from "./identity-commands.ts";
import { addInit } from "./init-command.ts";
import { addIssueCommands } from "./issue-commands.ts";
import { addSecretCommands } from "./secret-commands.ts";
import type { Tools } from "./tools.ts";

/** Commands that services run: they are handed their secrets, and there is no `.env` where they are. */
const services: ReadonlySet<string> = new Set(["run", "serve"]);

/** `finish` receives the exit code of the command that ran. */
export function buildProgram(tools: Tools, finish: (code: ExitCode) => void): Command {
  const program = new Command("disinto")
    .description(
      "A self-hosted autonomous code factory: a forge, CI and N AI developers on one host",
    )
    .version(tools.version)
    .option("--factory <folder>", "the factory's folder", ".")
    .showHelpAfterError("(see disinto help)")
    .configureOutput({ writeOut: tools.print, writeErr: (text) => tools.say(text.trimEnd()) })
    .exitOverride()
    .hook("preAction", async (_, command) => {
      if (services.has(command.name())) return;
      const { readSecrets } = await import("../config/secret-keys.ts");
      tools.learnSecrets(await readSecrets(folder()));
    });
  const folder = (): string => program.opts<{ factory: string }>().factory;

  program
    .command("demo")
    .description("run a whole factory on the embedded forge until one issue is merged")
    .option("--keep", "leave the factory running")
    .action(async (options: { keep?: boolean }) => {
      const { demo } = await import("./demo.ts");
      finish(await demo(tools, options));
    });

  addInit(program, { tools, folder, finish });
  addFleetCommands(program, { tools, folder, finish });
  addIssueCommands(program, { tools, folder, finish });
  addIdentityCommands(program, { tools, folder, finish });
  addSecretCommands(program, { tools, folder, finish });
  addServices(program, { tools, folder, finish });
  return program;
}

/** The commands that services run; operators seldom type them. */
function addServices(program: Command, registration: Registration): void {
  const { tools, finish } = registration;
  addForge(program, tools, finish);
  const agent = program.command("agent").description("bots, one by one");
  addAgentSwitches(agent, registration);
  agent
    .command("run")
    .description("what a bot's container runs: work as the bot that the environment describes")
    .option("--once", "end after one issue, or one review")
    .option("--project <project>", "work on this project only")
    .action(async (options: { once?: boolean; project?: string }) => {
      const { runAgent } = await import("./agent.ts");
      finish(await runAgent(tools, options));
    });

  program
    .command("egress")
    .description("the way out of the factory's network")
    .command("serve")
    .description("carry what the lists in EGRESS_FOLDER allow, and nothing else")
    .action(async () => {
      const { serveEgress } = await import("../egress/serve.ts");
      const folder = tools.environment.EGRESS_FOLDER ?? ".";
      await serveEgress({ folder, say: tools.print, signal: tools.signal });
      finish(ExitCode.done);
    });

  program
    .command("ci")
    .description("the local CI")
    .command("serve")
    .description(
      "run the steps of .woodpecker/*.yml for every open pull request and post commit statuses",
    )
    .action(async () => {
      const { serveCi } = await import("./ci.ts");
      finish(await serveCi(tools));
    });
}
