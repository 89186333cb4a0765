/** `disinto init` and its flags; each answer that a new factory needs has one, or a variable of the environment. */
import type { Command } from "commander";
import type { Registration } from "./fleet-commands.ts";
import type { InitFlags } from "./init.ts";

export function addInit(program: Command, { tools, folder, finish }: Registration): void {
  program
    .command("init")
    .argument(
      "[repository]",
      "what to work on: a folder with a git repository or an address of one, which are brought to the forge, or owner/name there",
    )
    .description("give every declared bot its identity on the forge, and the project its rules")
    .option("--engine <engine>", "compose, or local: child processes, no Docker")
    .option("--forge-url <url>", "a Forgejo that runs elsewhere; its password in FORGE_ADMIN_PASS")
    .option("--forge-port <port>", "where our own forge is published")
    .option("--admin <user>", "the forge's administrator")
    .option("--bots <names>", "bots that write code, with spaces or commas between them")
    .option("--local-model <url>", "base URL of their model's API")
    .option("--model <name>", "the model's name")
    .option("--dry-run", "say what would be done, do nothing")
    .option("--yes", "ask nothing: take what is offered")
    .option("--json", "print the steps as JSON; asks nothing")
    .action(async (repository: string | undefined, flags: Omit<InitFlags, "folder">) => {
      const { init } = await import("./init.ts");
      finish(await init(tools, { folder: folder(), repository, ...flags }));
    });
}
