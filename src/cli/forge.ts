/** `disinto forge …`: the embedded forge's process, and Forgejo's administration command line over the same folder. */
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

interface Serving {
  readonly bind: string;
  readonly port: number;
  readonly rootUrl?: string;
  readonly folder: string;
}

export async function serve(
  { signal, say }: Tools,
  { bind, port, rootUrl, folder }: Serving,
): Promise<ExitCode> {
  const { startForge } = await import("../forge/serve.ts");
  const forge = await startForge({ folder, host: bind, port, ...(rootUrl && { rootUrl }) });
  say(`the embedded forge listens on ${forge.url}; its data is in ${folder}`);
  await new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  await forge.close();
  return ExitCode.done;
}

interface NewAccount {
  readonly username: string;
  readonly email: string;
  readonly admin: boolean;
  readonly mustChangePassword?: string | true;
  readonly folder: string;
}

export async function createAccount(tools: Tools, account: NewAccount): Promise<ExitCode> {
  const { createAccount: create } = await import("../forge/users/admin.ts");
  const { folder, username, email, admin, mustChangePassword } = account;
  const asked =
    mustChangePassword === undefined ? {} : { mustChangePassword: mustChangePassword !== "false" };
  tools.print(`${(await create(folder, { username, email, admin, ...asked })).join("\n")}\n`);
  return ExitCode.done;
}

interface NewToken {
  readonly username: string;
  readonly tokenName: string;
  readonly scopes: string;
  readonly raw: boolean;
  readonly folder: string;
}

export async function generateToken(
  tools: Tools,
  { folder, username, raw, tokenName, scopes }: NewToken,
): Promise<ExitCode> {
  const { generateAccessToken } = await import("../forge/users/admin.ts");
  const token = { username, raw, name: tokenName, scopes: scopes.split(",") };
  tools.print(`${(await generateAccessToken(folder, token)).join("\n")}\n`);
  return ExitCode.done;
}
