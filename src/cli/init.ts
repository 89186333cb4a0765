/** `disinto init`: safe to run again; says what it did and what comes next. */
import {
  type CiChoice,
  ciChoices,
  type DecideCi,
  type MissingCi,
  offerChoice,
} from "../apply/ci-choice.ts";
import { type InitResult, initFactory } from "../apply/init.ts";
import type { ProjectDecisions } from "../apply/project.ts";
import { isNewFactory, type ProvidedAnswers, resolveAnswers } from "../apply/setup.ts";
import { formatRepo } from "../core/identities.ts";
import { deriveOwner } from "../core/owner.ts";
import {
  formatInitCommand,
  quoteWord,
  readExported,
  readFlags,
  type SetupFlags,
} from "../core/setup.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { hasRoleThat } from "../roles/definitions.ts";
import { makeReadingLink } from "./dashboard.ts";
import { askAllowed, readAllowed } from "./init-network.ts";
import type { Tools } from "./tools.ts";

export interface InitFlags extends SetupFlags {
  readonly folder: string;
  readonly repository?: string | undefined;
  readonly adoptUser?: readonly string[] | undefined;
  /** What is made of a repository without a workflow. */
  readonly workflow?: string | undefined;
  readonly allow?: string | undefined;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export async function init(tools: Tools, flags: InitFlags): Promise<ExitCode> {
  const { folder, json, dryRun = false, adoptUser: adopted } = flags;
  const decide = { decideCi: decideBy(tools, flags), decideAllowed: decideAllowed(tools, flags) };
  const { repository, provided } = await ask(tools, flags);
  const choices = { repository, provided, adopted, decide };
  const initialised = await initFactory(tools, { folder, dryRun, ...choices });
  const { steps } = initialised;
  if (json)
    tools.print(
      `${JSON.stringify({ steps, changed: !dryRun && steps.length > 0 }, undefined, 2)}\n`,
    );
  const changes = `${steps.length} changes ${dryRun ? "to make" : "applied and read back"}`;
  tools.say(steps.length === 0 ? "nothing to do: the forge matches the configuration" : changes);
  if (dryRun) tools.say("nothing was written; run the same command without --dry-run to apply");
  else {
    await sayLink(tools, initialised, folder);
    sayNext(tools, folder, initialised);
  }
  return ExitCode.done;
}

interface InitInput {
  readonly repository: string | undefined;
  readonly provided: ProvidedAnswers;
}

/** Only of a new factory there is anything to ask, and only where somebody can answer. */
async function ask(tools: Tools, flags: InitFlags): Promise<InitInput> {
  const answers = readFlags(flags);
  const exported = readExported(tools.environment);
  const { folder, repository, yes = false } = flags;
  const provided = { answers, exported, ci: flags.ci };
  if (!(await isNewFactory(folder))) return { repository, provided };
  if (canAsk(flags)) return askPerson(tools, flags, provided);
  if (repository !== undefined && (yes || flags.dryRun)) return { repository, provided };
  if (repository !== undefined) throw await unconfirmed({ ...flags, repository }, provided);
  throw new DisintoError(
    "config.missing",
    `${folder} is not a factory, and no repository was given`,
    {
      hint: "run disinto init <repository> in the folder the factory should live in",
    },
  );
}

/** Somebody is there to answer, and wants to be asked. */
function canAsk({ yes = false, json = false }: InitFlags): boolean {
  return !yes && !json && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** By the flag; else, where nothing may be asked, what is offered; else by who is there. */
function decideBy(tools: Tools, flags: InitFlags): DecideCi {
  const { workflow, yes = false, dryRun = false } = flags;
  const given = workflow === undefined ? undefined : readChoice(workflow);
  return async (missing) => {
    if (given === "write" && !missing.offer)
      throw new DisintoError("usage.invalid", `${missing.message}, and none is known that fits`, {
        hint: "add one yourself, or give --workflow block or --workflow pass",
      });
    if (given) return given;
    if (canAsk(flags)) {
      const { askCi } = await import("./init-questions.ts");
      return askCi(await tools.questions(), missing);
    }
    if (yes || dryRun) return offerChoice(missing);
    throw undecided(missing);
  };
}

/** Where nobody decides, nothing is allowed, and `init` says what would be needed. */
function decideAllowed(tools: Tools, flags: InitFlags): ProjectDecisions["decideAllowed"] {
  const named = flags.allow === undefined ? undefined : readAllowed(flags.allow);
  if (named) return async () => named;
  return canAsk(flags) ? askAllowed(() => tools.questions()) : undefined;
}

function readChoice(text: string): CiChoice {
  const known = ciChoices.find((one) => one === text);
  if (known) return known;
  throw new DisintoError(
    "usage.invalid",
    `--workflow ${text} is not one of ${ciChoices.join(", ")}`,
  );
}

function undecided({ message, offer }: MissingCi): DisintoError {
  const write = offer ? `--workflow write (writes ${offer.file}), ` : "";
  return new DisintoError("usage.invalid", `${message}, and nobody is there to be asked`, {
    hint: `give ${write}--workflow block (changes wait until there is one) or --workflow pass (they are merged untested)`,
  });
}

/** Where nobody can be asked, a new factory is not made by a slip of the hand: one paste makes it. */
async function unconfirmed(
  place: InitFlags & { readonly repository: string },
  provided: ProvidedAnswers,
) {
  const { folder } = place;
  const command = formatInitCommand(place, await resolveAnswers(folder, provided));
  const message = `${folder} is not a factory yet, and nobody is there to be asked`;
  return new DisintoError("usage.invalid", message, { hint: `to make one: ${command}` });
}

async function askPerson(
  tools: Tools,
  flags: InitFlags,
  provided: ProvidedAnswers,
): Promise<InitInput> {
  const { askAnswers, askRepository } = await import("./init-questions.ts");
  const questions = await tools.questions();
  const here = (await tools.repositories.describe(".").catch(() => ".")) ? "." : undefined;
  const repository = flags.repository ?? (await askRepository(questions, here));
  const answers = await askAnswers(tools, questions, { ...provided.exported, ...provided.answers });
  const { askCi } = await import("./init-address.ts");
  const ci = await askCi(questions, answers, provided.ci);
  return { repository, provided: { ...provided, ...ci, answers } };
}

/** Works once the dashboard runs, and then once. */
async function sayLink(tools: Tools, { factory }: InitResult, folder: string): Promise<void> {
  const link = factory.dashboard && (await makeReadingLink(tools, folder));
  if (link) tools.say(`to watch it once it runs: ${link}`);
}

function sayNext({ say }: Tools, folder: string, { factory }: InitResult): void {
  const { bots, forge, projects } = factory;
  if (bots.length === 0) {
    say("no bot is declared: name some in LLAMA_BOTS in .env, then run disinto init again");
  }
  for (const { name, repo } of projects) {
    const reviewed = bots.some(
      (bot) => bot.projects.includes(name) && hasRoleThat(bot.roles, ({ approves }) => approves),
    );
    if (!reviewed) say(`no bot reviews ${formatRepo(repo)}: only ${forge.adminUser} can approve`);
  }
  const self = folder === "." ? "disinto" : `disinto --factory ${quoteWord(folder)}`;
  say(`the forge is at ${forge.url}; its administrator is ${forge.adminUser}`);
  say(`the administrator's password: ${self} secrets get FORGE_ADMIN_PASS (it is in .env)`);
  const owner = deriveOwner(factory);
  if (owner)
    say(`you are ${owner.login} there; your password: ${self} secrets get ${owner.keys.password}`);
  for (const { name, repo } of projects) {
    const which = projects.length > 1 ? ` --project ${name}` : "";
    say(`first issue for ${formatRepo(repo)}: ${self} issue new 'What is to be done'${which}`);
  }
  say(`next: ${self} up`);
}
