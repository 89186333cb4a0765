/** The commands about one issue. */

import type { Command } from "commander";
import type { Registration } from "./fleet-commands.ts";
import type { IssueFlags } from "./issue-context.ts";

type Flags = Omit<IssueFlags, "folder" | "number">;

export function addIssueCommands(program: Command, { tools, folder, finish }: Registration): void {
  const add = (name: string, description: string) =>
    program
      .command(name)
      .argument("<number>", "the issue's number")
      .description(description)
      .option("--project <project>", "whose issue, when there are several projects");
  add("issue", "show all that happened to an issue, from the bots' events and the forge")
    .option("--json", "print it as JSON")
    .action(async (number: string, flags: Flags) => {
      const { issue } = await import("./issue.ts");
      finish(await issue(tools, { folder: folder(), number, ...flags }));
    });
  add("retry", "put a blocked issue back into the backlog, with fresh budgets").action(
    async (number: string, flags: Flags) => {
      const { retry } = await import("./issue-changes.ts");
      finish(await retry(tools, { folder: folder(), number, ...flags }));
    },
  );
  add(
    "approve",
    "show an issue's text and approve it for the bots, bound to the text that was shown",
  )
    .option("--protected-paths", "approve also a change of protected paths for it")
    .option("--yes", "ask nothing")
    .action(async (number: string, flags: Flags & { readonly protectedPaths?: boolean }) => {
      const { approve } = await import("./issue-changes.ts");
      finish(await approve(tools, { folder: folder(), number, ...flags }));
    });
  add("release", "take an issue from a dead or stuck bot; its branch and pull request stay")
    .option("--yes", "ask nothing")
    .action(async (number: string, flags: Flags) => {
      const { release } = await import("./issue-changes.ts");
      finish(await release(tools, { folder: folder(), number, ...flags }));
    });
}
