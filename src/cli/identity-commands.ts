/** The commands about bots as people of the factory: hired, fired, given new credentials. */
import type { Command } from "commander";
import type { Registration } from "./fleet-commands.ts";
import type { HireFlags } from "./hire.ts";

export function addIdentityCommands(
  program: Command,
  { tools, folder, finish }: Registration,
): void {
  program
    .command("hire-an-agent")
    .argument("<name>", "the bot's name")
    .argument("<role>", "dev or review, or both with a comma between them")
    .argument("[words...]", "behind --: more words of the command, such as its flags")
    .description("declare a bot, make its user and credentials, and let it prove that it can work")
    .option("--local-model <url>", "base URL of its model's API")
    .option("--model <name>", "the model's name")
    .option("--harness <harness>", "claude-code, opencode or command")
    .option("--command <argv...>", "the program of the harness command, with its arguments")
    .option("--poll-interval <seconds>", "between two looks at the forge")
    .option("--slots <n>", "sessions that its backend serves at once")
    .option("--project <project>", "where it works, when there are several projects")
    .option("--up", "start it too")
    .action(async (name: string, role: string, words: readonly string[], flags: HireFlags) => {
      const { hire } = await import("./hire.ts");
      finish(await hire(tools, { folder: folder(), name, role, words, ...flags }));
    });
}
