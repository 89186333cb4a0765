/** `disinto forge …`: the embedded forge's process, and Forgejo's administration command line over the same folder. */
import type { Command } from "commander";
import type { ExitCode } from "../errors.ts";
import { ExitCode as Code } from "../errors.ts";
import type { Tools } from "./tools.ts";

type Finish = (code: ExitCode) => void;

const FOLDER = [
  "--folder <folder>",
  "where the forge keeps its data (DISINTO_FORGE_FOLDER)",
] as const;

export function addForge(program: Command, tools: Tools, finish: Finish): void {
  const defaultFolder = tools.environment.DISINTO_FORGE_FOLDER ?? "forge";
  const forge = program
    .command("forge")
    .description("the embedded forge: for trying, developing and testing");
  forge
    .command("serve")
    .description("serve Forgejo's REST paths and git over HTTP from one folder, until told to stop")
    .option("--bind <address>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "port to listen on; 0 takes a free one", "3000")
    .option("--root-url <url>", "the address that people and bots use, if another")
    .option(...FOLDER, defaultFolder)
    .action(async (options: ServeOptions) => finish(await serve(tools, options)));
  const user = forge.command("admin").description("accounts, without the server").command("user");
  user
    .command("create")
    .description("create an account")
    .requiredOption("--username <login>")
    .requiredOption("--email <address>")
    .option("--admin", "make it an administrator", false)
    .option("--random-password", "make a password and print it")
    .option("--random-password-length <n>", "accepted as Forgejo has it")
    .option("--must-change-password [yes]", "ask for a new one at the first login")
    .option(...FOLDER, defaultFolder)
    .action(async (options: CreateOptions) => finish(await createAccount(tools, options)));
  user
    .command("generate-access-token")
    .description("create a token")
    .requiredOption("--username <login>")
    .option("--token-name <name>", "its name", "admin")
    .option("--scopes <scopes>", "comma-separated", "all")
    .option("--raw", "print the token alone", false)
    .option(...FOLDER, defaultFolder)
    .action(async (options: TokenOptions) => finish(await generateToken(tools, options)));
}

interface ServeOptions {
  readonly bind: string;
  readonly port: string;
  readonly rootUrl?: string;
  readonly folder: string;
}

async function serve(
  { signal, say }: Tools,
  { bind, port, rootUrl, folder }: ServeOptions,
): Promise<ExitCode> {
  const { startForge } = await import("../forge/serve.ts");
  const forge = await startForge({
    folder,
    host: bind,
    port: Number(port),
    ...(rootUrl && { rootUrl }),
  });
  say(`the embedded forge listens on ${forge.url}; its data is in ${folder}`);
  await new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  await forge.close();
  return Code.done;
}

interface CreateOptions {
  readonly username: string;
  readonly email: string;
  readonly admin: boolean;
  readonly mustChangePassword?: string | true;
  readonly folder: string;
}

async function createAccount(
  tools: Tools,
  { folder, mustChangePassword, ...account }: CreateOptions,
): Promise<ExitCode> {
  const { createAccount: create } = await import("../forge/users/admin.ts");
  const asked =
    mustChangePassword === undefined ? {} : { mustChangePassword: mustChangePassword !== "false" };
  tools.print(`${(await create(folder, { ...account, ...asked })).join("\n")}\n`);
  return Code.done;
}

interface TokenOptions {
  readonly username: string;
  readonly tokenName: string;
  readonly scopes: string;
  readonly raw: boolean;
  readonly folder: string;
}

async function generateToken(
  tools: Tools,
  { folder, tokenName, scopes, ...rest }: TokenOptions,
): Promise<ExitCode> {
  const { generateAccessToken } = await import("../forge/users/admin.ts");
  const lines = await generateAccessToken(folder, {
    ...rest,
    name: tokenName,
    scopes: scopes.split(","),
  });
  tools.print(`${lines.join("\n")}\n`);
  return Code.done;
}
