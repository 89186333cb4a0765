/** `disinto secrets …`. */
import type { Command } from "commander";
import type { Registration } from "./fleet-commands.ts";

export function addSecretCommands(program: Command, { tools, folder, finish }: Registration): void {
  const secrets = program.command("secrets").description("the secrets in .env");
  secrets
    .command("list")
    .description("show their names, never a value")
    .option("--json", "print them as JSON")
    .action(async (options: { json?: boolean }) => {
      const { listSecrets } = await import("./secrets.ts");
      finish(await listSecrets(tools, { folder: folder(), ...options }));
    });
  secrets
    .command("set")
    .argument("<name>", "the variable")
    .description("set one to what stands on standard input; a last newline is cut")
    .action(async (name: string) => {
      const { setSecret } = await import("./secrets.ts");
      finish(await setSecret(tools, { folder: folder(), name }));
    });
  secrets
    .command("get")
    .argument("<name>", "the variable")
    .description("print the value of one")
    .action(async (name: string) => {
      const { getSecret } = await import("./secrets.ts");
      finish(await getSecret(tools, { folder: folder(), name }));
    });
  secrets
    .command("remove")
    .argument("<name>", "the variable")
    .description("remove one")
    .action(async (name: string) => {
      const { removeSecret } = await import("./secrets.ts");
      finish(await removeSecret(tools, { folder: folder(), name }));
    });
}
