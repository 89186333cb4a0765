/** `disinto init`: safe to run again; says what it did and what comes next. */
import { type InitResult, initFactory } from "../apply/init.ts";
import { isNewFactory, type ProvidedAnswers } from "../apply/setup.ts";
import type { Factory } from "../core/factory.ts";
import { BACKLOG, formatRepo } from "../core/identities.ts";
import { readExported, readFlags, type SetupFlags } from "../core/setup.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { hasRoleThat } from "../roles/definitions.ts";
import type { Tools } from "./tools.ts";

export interface InitFlags extends SetupFlags {
  readonly folder: string;
  readonly repository?: string | undefined;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export async function init(tools: Tools, flags: InitFlags): Promise<ExitCode> {
  const { folder, json, dryRun = false } = flags;
  const { repository, provided } = await ask(tools, flags);
  const initialised = await initFactory(tools, { folder, dryRun, repository, provided });
  const { steps } = initialised;
  if (json)
    tools.print(
      `${JSON.stringify({ steps, changed: !dryRun && steps.length > 0 }, undefined, 2)}\n`,
    );
  const changes = `${steps.length} changes ${dryRun ? "to make" : "applied and read back"}`;
  tools.say(steps.length === 0 ? "nothing to do: the forge matches the configuration" : changes);
  if (dryRun) tools.say("nothing was written; run the same command without --dry-run to apply");
  else sayNext(tools, initialised);
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
  const { folder, repository, yes = false, json = false } = flags;
  const provided = { answers, exported };
  if (!(await isNewFactory(folder))) return { repository, provided };
  const isWatched = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (!yes && !json && isWatched) return askPerson(tools, flags, provided);
  if (repository !== undefined) return { repository, provided };
  throw new DisintoError(
    "config.missing",
    `${folder} is not a factory, and no repository was given`,
    {
      hint: "run disinto init <repository> in the folder the factory should live in",
    },
  );
}

async function askPerson(
  tools: Tools,
  flags: InitFlags,
  provided: ProvidedAnswers,
): Promise<InitInput> {
  const { askAnswers, askRepository } = await import("./init-questions.ts");
  const questions = await tools.questions();
  const here = (await tools.repositories.describe(".")) ? "." : undefined;
  const repository = flags.repository ?? (await askRepository(questions, here));
  const answers = await askAnswers(questions, { ...provided.exported, ...provided.answers });
  return { repository, provided: { ...provided, answers } };
}

function sayNext({ say }: Tools, { factory, backlogLabels }: InitResult): void {
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
  say(`the forge is at ${forge.url}; its administrator is ${forge.adminUser}`);
  say("the administrator's password: disinto secrets get FORGE_ADMIN_PASS (it is in .env)");
  for (const { repo } of projects) {
    const name = formatRepo(repo);
    say(formatFirstIssue(forge, name, backlogLabels?.get(name)));
  }
  say("next: disinto up");
}

/** The embedded forge has no pages to write on; its API takes the same. */
function formatFirstIssue(
  forge: Factory["forge"],
  repo: string,
  label: number | undefined,
): string {
  if (forgeKinds[forge.kind].hasPages || label === undefined)
    return `first issue: write one with the label ${BACKLOG} at ${forge.url}/${repo}/issues/new`;
  const issue = JSON.stringify({ title: "…", body: "…", labels: [label] });
  return `first issue: curl -u ${forge.adminUser} -H content-type:application/json -d '${issue}' ${forge.url}/api/v1/repos/${repo}/issues`;
}
