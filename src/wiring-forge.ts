/** Asks our own forge, whichever engine runs it, to make its first administrator. */
import type { Tools } from "./cli/tools.ts";
import type { Factory } from "./core/factory.ts";
import { deriveEmail } from "./core/names.ts";
import { runForgeCommand } from "./engines/engines.ts";
import { DisintoError } from "./errors.ts";

/** Forgejo's own command line; the embedded forge answers to the same words (Forgejo cmd/admin_user_create.go). */
function formatCreation(login: string): readonly string[] {
  return [
    "admin",
    "user",
    "create",
    "--admin",
    "--username",
    login,
    "--email",
    deriveEmail(login),
    "--random-password",
    "--random-password-length",
    "40",
    "--must-change-password=false",
  ];
}

export async function createForgeAdministrator(
  { self, signal }: Pick<Tools, "self" | "signal">,
  factory: Factory,
  folder: string,
): Promise<string> {
  const creation = formatCreation(factory.forge.adminUser);
  const output = await runForgeCommand(factory, { folder, self, signal }, creation);
  const password = /generated random password is '([^']+)'/.exec(output)?.[1];
  if (password) return password;
  throw new DisintoError(
    "forge.invalid",
    "the forge created an administrator but did not print its password",
    {
      hint: "set FORGE_ADMIN_USER and FORGE_ADMIN_PASS in .env to an administrator of the forge",
    },
  );
}
