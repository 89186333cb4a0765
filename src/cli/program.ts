/** The table of commands → a parser of argv with its help. Decides nothing about what a command does. */
import { Command as NewParser, Option, type Command as Parser } from "commander";
import { DisintoError, type ExitCode } from "../errors.ts";
import type { Command, Entry, Flag } from "./command.ts";
import { commandSections } from "./commands.ts";
import type { Tools } from "./tools.ts";

interface Registration {
  readonly tools: Tools;
  readonly folder: () => string;
  /** Receives the exit code of the command that ran. */
  readonly finish: (code: ExitCode) => void;
}

export function buildProgram(tools: Tools, finish: (code: ExitCode) => void): Parser {
  const program = new NewParser("disinto")
    .description("Run an autonomous code factory on one host: a forge, CI and N AI developers")
    .version(tools.version, "-V, --version", "Print the version")
    .option("--factory <folder>", "Work on the factory in this folder", ".")
    .helpOption("-h, --help", "Show help for a command")
    .configureHelp({ subcommandTerm: formatTerm })
    .showHelpAfterError("(see disinto help)")
    .configureOutput({ writeOut: tools.print, writeErr: (text) => tools.say(text.trimEnd()) })
    .exitOverride();
  const folder = (): string => program.opts<{ factory: string }>().factory;
  for (const { title, commands } of commandSections) {
    for (const entry of commands)
      add(program, entry, { tools, folder, finish }).helpGroup(`${title}:`);
  }
  addHelp(program);
  return program;
}

/** A command with its arguments; its flags stand in its own help. */
function formatTerm(command: Parser): string {
  const names = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...names].join(" ");
}

function add(parent: Parser, entry: Entry, registration: Registration): Parser {
  const parser = parent.command(entry.name).description(entry.summary);
  parser.helpOption("-h, --help", "Show this help");
  if (entry.kind === "command") addCommand(parser, entry, registration);
  for (const one of entry.commands) add(parser, one, registration);
  parser.addHelpText("after", formatExamples(listExamples(entry)));
  return parser;
}

function addCommand(parser: Parser, command: Command, registration: Registration): void {
  for (const [name, { kind, summary }] of Object.entries(command.args)) {
    const notations = { required: `<${name}>`, optional: `[${name}]`, rest: `[${name}...]` };
    parser.argument(notations[kind], summary);
  }
  for (const [name, flag] of Object.entries(command.flags)) parser.addOption(toOption(name, flag));
  parser.action(async (...received: unknown[]) => {
    const { tools, folder, finish } = registration;
    if (!command.isService) await learnSecrets(tools, folder());
    const input = {
      folder: folder(),
      ...readArguments(command, received),
      ...readFlags(command, parser),
    };
    finish(await command.run(tools, input));
  });
}

async function learnSecrets(tools: Tools, folder: string): Promise<void> {
  const { readSecrets } = await import("../config/secret-keys.ts");
  tools.learnSecrets(await readSecrets(folder));
}

/** `dryRun` is written `--dry-run`. */
function spell(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function toOption(
  name: string,
  { kind, summary, placeholder = "", ...flag }: Flag<unknown>,
): Option {
  const shown = { switch: "", "optional-text": `[${placeholder}]`, words: `<${placeholder}...>` };
  const value = kind in shown ? shown[kind as keyof typeof shown] : `<${placeholder}>`;
  const words = [flag.short === undefined ? spell(name) : `-${flag.short}, ${spell(name)}`, value];
  const option = new Option(words.join(" ").trimEnd(), summary);
  if (flag.fallback !== undefined) option.default(flag.fallback);
  if (flag.variable !== undefined) option.env(flag.variable);
  return flag.required ? option.makeOptionMandatory() : option;
}

function readArguments({ args }: Command, received: readonly unknown[]) {
  const given = Object.keys(args).map((name, index) => [name, received[index]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function readFlags({ flags }: Command, parser: Parser) {
  const given = parser.opts<Readonly<Record<string, unknown>>>();
  const values = Object.entries(flags).map(([name, flag]) => {
    return [name, readFlag(name, flag, given[name])] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function readFlag(name: string, { kind }: Flag<unknown>, given: unknown): unknown {
  if (kind === "switch") return given === true;
  if (kind !== "number" || given === undefined) return given;
  if (typeof given === "string" && /^\d+(\.\d+)?$/.test(given)) return Number(given);
  const message = `${spell(name)} needs a number, not ${JSON.stringify(given)}`;
  throw new DisintoError("usage.invalid", message);
}

function listExamples(entry: Entry): readonly string[] {
  const own = entry.kind === "command" ? [entry.example] : [];
  return [...own, ...entry.commands.flatMap(listExamples)];
}

function formatExamples(examples: readonly string[]): string {
  const lines = examples.map((example) => `  ${example}`);
  return ["", examples.length === 1 ? "Example:" : "Examples:", ...lines].join("\n");
}

/** `disinto help config check`: at every depth. */
function addHelp(program: Parser): void {
  program.helpCommand(false);
  program
    .command("help")
    .argument("[command...]", "Name a command, with all its words")
    .description("Show help for a command")
    .helpGroup(`${START}:`)
    .action((words: readonly string[]) => findParser(program, words).help());
}

const START = "Start here";

function findParser(program: Parser, words: readonly string[]): Parser {
  let parser = program;
  for (const [index, word] of words.entries()) {
    const next = parser.commands.find((one) => one.name() === word);
    if (!next) {
      const known = parser.commands.map((one) => one.name()).join(", ");
      const message = `there is no command ${words.slice(0, index + 1).join(" ")}`;
      throw new DisintoError("usage.invalid", message, {
        hint: known === "" ? "run disinto help" : `one of: ${known}`,
      });
    }
    parser = next;
  }
  return parser;
}
