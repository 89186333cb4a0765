/** The commands about bots as people of the factory: hired, fired, given new credentials. */
import type { Command } from "commander";
import { listNames } from "../core/kinds.ts";
import { harnesses } from "../harness/definitions.ts";
import { roles } from "../roles/definitions.ts";
import type { Registration } from "./fleet-commands.ts";
import type { HireFlags } from "./hire.ts";

export function addIdentityCommands(
  program: Command,
  { tools, folder, finish }: Registration,
): void {
  program
    .command("hire-an-agent")
    .argument("<name>", "the bot's name")
    .argument("<role>", `${listNames(roles)}, or several with a comma between them`)
    .argument("[words...]", "behind --: more words of the command, such as its flags")
    .description("declare a bot, make its user and credentials, and let it prove that it can work")
    .option("--local-model <url>", "base URL of its model's API")
    .option("--model <name>", "the model's name")
    .option("--harness <harness>", listNames(harnesses))
    .option("--command <argv...>", "the program of the harness command, with its arguments")
    .option("--poll-interval <seconds>", "between two looks at the forge")
    .option("--slots <n>", "sessions that its backend serves at once")
    .option("--project <project>", "where it works, when there are several projects")
    .option("--up", "start it too")
    .action(async (name: string, role: string, words: readonly string[], flags: HireFlags) => {
      const { hire } = await import("./hire.ts");
      finish(await hire(tools, { folder: folder(), name, role, words, ...flags }));
    });
  program
    .command("fire")
    .argument("<name>", "the bot's name")
    .description("take a bot away: service, leases, tokens, user, configuration")
    .option("--keep-user", "leave its user on the forge, without tokens and without access")
    .option("--purge", "remove its volumes too")
    .action(async (name: string, flags: { keepUser?: boolean; purge?: boolean }) => {
      const { fire } = await import("./fire.ts");
      finish(await fire(tools, { folder: folder(), name, ...flags }));
    });
  program
    .command("rotate")
    .argument("[bots...]", "their names; every bot without one")
    .description("replace passwords and tokens; running bots are restarted and keep their work")
    .action(async (names: readonly string[]) => {
      const { rotate } = await import("./rotate.ts");
      finish(await rotate(tools, { folder: folder(), names }));
    });
}

interface Choice {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Beside `agent run`, which a bot's container runs. */
export function addAgentSwitches(agent: Command, { tools, folder, finish }: Registration): void {
  for (const [word, enabled] of [
    ["enable", true],
    ["disable", false],
  ] as const) {
    agent
      .command(word)
      .argument("[bots...]", "their names")
      .description(`${word} bots; their volumes are kept`)
      .option("--all", "every bot")
      .action(async (names: readonly string[], { all = false }: Choice) => {
        const { switchBots } = await import("./switch.ts");
        finish(await switchBots(tools, { folder: folder(), names, all, enabled }));
      });
  }
  agent
    .command("status")
    .argument("[bots...]", "their names; every bot without one")
    .description("show how bots are")
    .option("--all", "every bot")
    .option("--json", "print it as JSON")
    .action(async (names: readonly string[], { all, json = false }: Choice) => {
      const { agents } = await import("./agents.ts");
      finish(await agents(tools, { folder: folder(), names: all ? [] : names, json }));
    });
}
