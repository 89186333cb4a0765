import { CommanderError } from "commander";
import { expect, test } from "vitest";
import type { Command, Entry } from "./command.ts";
import { commandSections } from "./commands.ts";
import { buildProgram } from "./program.ts";
import type { Tools } from "./tools.ts";

/** Parses a line as typed; answers what was printed. */
async function type(line: string): Promise<string> {
  const printed: string[] = [];
  const print = (text: string) => printed.push(text);
  const tools: Partial<Tools> = {
    version: "1.2.3",
    environment: {},
    print,
    say: print,
    learnSecrets: () => undefined,
  };
  const program = buildProgram(tools as Tools, () => undefined);
  await program.parseAsync(["node", ...line.split(" ")]).catch((error: Error) => {
    if (!(error instanceof CommanderError)) print(error.message);
  });
  return printed.join("");
}

interface Found {
  readonly words: readonly string[];
  readonly entry: Entry;
}

function listEntries(entries: readonly Entry[], before: readonly string[] = []): readonly Found[] {
  return entries.flatMap((entry) => {
    const words = [...before, entry.name];
    return [{ words, entry }, ...listEntries(entry.commands, words)];
  });
}

const all = listEntries(commandSections.flatMap(({ commands }) => commands));
const commands = all.flatMap(({ words, entry }) =>
  entry.kind === "command" ? [{ words, command: entry as Command }] : [],
);

test("help shows every command in its group, as a sentence that begins with a verb", async () => {
  expect(await type("disinto help")).toMatchInlineSnapshot(`
    "Usage: disinto [options] [command]

    Run an autonomous code factory on one host: a forge, CI and N AI developers

    Options:
      -V, --version                           Print the version
      --factory <folder>                      Work on the factory in this folder (default: ".")
      -h, --help                              Show help for a command

    Start here:
      init [repository]                       Create bot users, tokens, repository and branch protection; run it again to repair them
      demo                                    Run a whole factory on this machine until its bots have merged seven issues
      help [command...]                       Show help for a command

    Run:
      up                                      Make the running services match the configuration
      down                                    Stop and remove every service; volumes stay
      sync                                    Keep your own repository and the forge's the same
      pause [names...]                        Have bots put aside what they do and begin nothing, until they are resumed
      resume [names...]                       Have paused bots go on where they were
      hire-an-agent <name> <role> [words...]  Declare a bot, create its user and credentials, and let it prove that it can work
      fire <name>                             Remove a bot: its service, leases, tokens, user and configuration
      agent                                   Manage individual bots
      generate                                Write the generated files and touch nothing that runs

    See:
      status                                  Show what is declared beside what runs, problems first
      dashboard                               Print a link to the factory's page that signs in once, or play a recorded day again
      agents                                  Show every bot, what it does and how it is
      issue <number>                          Show all that happened to an issue, from the bots' events and the forge
      ci                                      See and repeat the CI's runs of a change; run the local CI, or the gate to Woodpecker
      cost                                    Show what the bots' sessions took: tokens, hours, money
      logs [name]                             Show what services wrote
      plan                                    Show what up would do, and what init would repair on the forge, and why
      config                                  Check and describe the factory's configuration

    Repair:
      doctor                                  Check what the factory needs, and say how to repair it
      approve <number>                        Show an issue's text, and approve for the bots what was shown
      block <number>                          Have no bot work on an issue until it is put back
      retry <number>                          Put a blocked issue back into the backlog, with fresh budgets
      release <number>                        Take an issue from a dead or stuck bot; its branch and pull request stay
      rotate [names...]                       Replace passwords and tokens; running bots are restarted and keep their work
      prune                                   List volumes that nothing declared uses, and remove those that are named

    Secrets:
      secrets                                 Manage the secrets in .env

    For services:
      forge                                   Run the embedded forge, for trying, developing and testing
      egress                                  Run the way out of the factory's network
      git-credential <operation>              Answer git for the owner's remote, as its credential helper
    "
  `);
});

test("the help of a command has its arguments, its flags and an example", async () => {
  expect(await type("disinto help config check")).toMatchInlineSnapshot(`
    "Usage: disinto config check [options]

    Show every problem in .env and projects/*.toml

    Options:
      --json      Print them as JSON
      -h, --help  Show this help

    Example:
      disinto config check
    "
  `);
  expect(await type("disinto help logs")).toMatchInlineSnapshot(`
    "Usage: disinto logs [options] [name]

    Show what services wrote

    Arguments:
      name          Name a bot or a service; all of them without a name

    Options:
      -f, --follow  Go on showing what they write
      -h, --help    Show this help

    Example:
      disinto logs dev-qwen --follow
    "
  `);
});

test.each(all.map(({ words }) => words.join(" ")))("help %s is its --help", async (words) => {
  const help = await type(`disinto help ${words}`);

  expect(help).toContain(`Usage: disinto ${words}`);
  expect(help).toBe(await type(`disinto ${words} --help`));
});

test.each(commands.map(({ words, command }) => [words.join(" "), command] as const))(
  "the example of %s is one of it",
  (words, { example, flags }) => {
    expect(`${example} `).toMatch(new RegExp(`^disinto ${words} `));
    for (const [, name = ""] of example.matchAll(/ --([a-z-]+)/g)) {
      const key = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      expect(Object.keys(flags)).toContain(key);
    }
  },
);

test("every sentence of help begins with a capital and has no full stop", () => {
  const sentences = all.flatMap(({ entry }) => [
    entry.summary,
    ...(entry.kind === "command"
      ? [...Object.values(entry.args), ...Object.values(entry.flags)].map(({ summary }) => summary)
      : []),
  ]);

  expect(sentences.filter((one) => !/^[A-Z][a-z]+ .*[^.]$/.test(one))).toEqual([]);
});

test("a command that does not exist is named, with those that do", async () => {
  expect(await type("disinto help config chek")).toBe("there is no command config chek");
});

test("a flag that wants a number says what it got", async () => {
  expect(await type("disinto hire-an-agent ada dev --slots many")).toBe(
    '--slots needs a number, not "many"',
  );
});
