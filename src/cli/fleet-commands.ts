/** The commands about the fleet: configuration → plan → running services. */
import type { Command } from "commander";
import type { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

export interface Registration {
  readonly tools: Tools;
  readonly folder: () => string;
  readonly finish: (code: ExitCode) => void;
}

export function addFleetCommands(program: Command, registration: Registration): void {
  addChanging(program, registration);
  addReading(program, registration);
  addInspection(program, registration);
  addConfig(program, registration);
}

function addChanging(program: Command, { tools, folder, finish }: Registration): void {
  program
    .command("up")
    .description("make the running services match the configuration")
    .option("--dry-run", "show the plan, do nothing")
    .option("--remove", "agree to the removals that the plan lists")
    .option("--wait", "wait while another disinto command is running in this factory")
    .option("--json", "print the steps as JSON")
    .action(async (options: UpOptions) => {
      const { up } = await import("./up.ts");
      finish(await up(tools, { folder: folder(), ...options }));
    });
  program
    .command("down")
    .description("stop and remove every service; volumes stay")
    .option("--volumes", "remove the volumes too, and all data in them")
    .action(async (options: { volumes?: boolean }) => {
      const { down } = await import("./down.ts");
      finish(await down(tools, { folder: folder(), ...options }));
    });
  program
    .command("generate")
    .description("write the generated files, touch nothing that runs")
    .action(async () => {
      const { generate } = await import("./generate.ts");
      finish(await generate(tools, { folder: folder() }));
    });
}

interface UpOptions {
  readonly dryRun?: boolean;
  readonly remove?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
}

function addReading(program: Command, { tools, folder, finish }: Registration): void {
  program
    .command("plan")
    .description("show what up would do, and what init would repair on the forge, and why")
    .option("--check", "exit with 3 when there is something to do")
    .option("--json", "print the steps as JSON")
    .action(async (options: { check?: boolean; json?: boolean }) => {
      const { plan } = await import("./plan.ts");
      finish(await plan(tools, { folder: folder(), ...options }));
    });
  program
    .command("status")
    .description("show what is declared beside what runs")
    .option("--json", "print it as JSON")
    .action(async (options: { json?: boolean }) => {
      const { status } = await import("./status.ts");
      finish(await status(tools, { folder: folder(), ...options }));
    });
}

function addInspection(program: Command, { tools, folder, finish }: Registration): void {
  program
    .command("agents")
    .description("show every bot, what it does and how it is")
    .option("--json", "print it as JSON")
    .action(async (options: { json?: boolean }) => {
      const { agents } = await import("./agents.ts");
      finish(await agents(tools, { folder: folder(), ...options }));
    });
  program
    .command("logs")
    .argument("[name]", "a bot or a service; all of them without it")
    .description("show what services wrote")
    .option("-f, --follow", "go on showing what they write")
    .action(async (name: string | undefined, options: { follow?: boolean }) => {
      const { logs } = await import("./logs.ts");
      finish(await logs(tools, { folder: folder(), name, ...options }));
    });
  program
    .command("prune")
    .description("list volumes that nothing declared uses")
    .option("--remove <volumes...>", "remove these, and all data in them")
    .option("--json", "print them as JSON")
    .action(async (options: { remove?: string[]; json?: boolean }) => {
      const { prune } = await import("./prune.ts");
      finish(await prune(tools, { folder: folder(), ...options }));
    });
  program
    .command("doctor")
    .description("check what the factory needs, and say how to mend it")
    .option("--json", "print it as JSON")
    .action(async (options: { json?: boolean }) => {
      const { doctor } = await import("./doctor.ts");
      finish(await doctor(tools, { folder: folder(), ...options }));
    });
}

function addConfig(program: Command, { tools, folder, finish }: Registration): void {
  const config = program.command("config").description("the factory's configuration");
  config
    .command("check")
    .description("show every problem in .env and projects/*.toml")
    .option("--json", "print them as JSON")
    .action(async (options: { json?: boolean }) => {
      const { checkConfig } = await import("./config.ts");
      finish(await checkConfig(tools, { folder: folder(), ...options }));
    });
  config
    .command("schema")
    .description("print the JSON Schema of projects/<name>.toml, for editors")
    .action(async () => {
      const { printSchema } = await import("./config.ts");
      finish(await printSchema(tools));
    });
  config
    .command("reference")
    .description("print every setting with its type, default and meaning")
    .action(async () => {
      const { printReference } = await import("./config.ts");
      finish(await printReference(tools));
    });
}
