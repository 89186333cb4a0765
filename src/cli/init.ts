/** `disinto init`: safe to run again; says what it did and what comes next. */
import { type InitOptions, initFactory } from "../apply/init.ts";
import type { Factory } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

interface InitFlags extends InitOptions {
  readonly json?: boolean;
}

export async function init(tools: Tools, { json, ...options }: InitFlags): Promise<ExitCode> {
  const { factory, steps } = await initFactory(tools, options);
  if (json)
    tools.print(
      `${JSON.stringify({ steps, changed: !options.dryRun && steps.length > 0 }, undefined, 2)}\n`,
    );
  const changes = `${steps.length} changes ${options.dryRun ? "to make" : "applied and read back"}`;
  tools.say(steps.length === 0 ? "nothing to do: the forge matches the configuration" : changes);
  sayNext(tools, factory);
  return ExitCode.done;
}

function sayNext({ say }: Tools, { bots, forge, projects }: Factory): void {
  if (bots.length === 0) {
    say("no bot is declared: name some in LLAMA_BOTS in .env, then run disinto init again");
  }
  if (!bots.some(({ roles }) => roles.includes("review"))) {
    say(`no bot reviews: only ${forge.adminUser} can approve pull requests`);
  }
  for (const { repo } of projects) {
    say(`file issues with the label backlog at ${forge.url}/${formatRepo(repo)}/issues`);
  }
  say("next: disinto up");
}
