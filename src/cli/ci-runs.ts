/** `disinto ci logs` and `disinto ci rerun`: the CI's runs of one change, whichever CI it is. */
import { resolve } from "node:path";
import { ciProviders } from "../ci/definitions.ts";
import { deriveAddresses } from "../core/addresses.ts";
import type { Project } from "../core/factory.ts";
import { buildIssueHistory } from "../core/issue-history.ts";
import { deriveLayout } from "../core/layout.ts";
import { deriveBranch } from "../core/work-branch.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import type { CiRun, CiRunReader } from "../ports/ci-run-reader.ts";
import type { Forge, Pull } from "../ports/forge.ts";
import { type IssueFlags, openProject, parseIssueNumber, readAllEvents } from "./issue-context.ts";
import type { Tools } from "./tools.ts";

type RunFlags = Pick<IssueFlags, "folder" | "number" | "project">;

/** Until the runs are over; the exit code is theirs. */
export async function showCiLogs(tools: Tools, flags: RunFlags): Promise<ExitCode> {
  const { reader, pull } = await openRuns(tools, flags);
  const show = (line: string): void => tools.print(`${tools.redact(line)}\n`);
  let isGreen = true;
  for (const { number } of await findRuns(reader, pull))
    isGreen = (await reader.follow(number, show)) && isGreen;
  return isGreen ? ExitCode.done : ExitCode.failed;
}

export async function rerunCi(tools: Tools, flags: RunFlags): Promise<ExitCode> {
  const { reader, pull } = await openRuns(tools, flags);
  const runs = await findRuns(reader, pull);
  for (const run of runs) {
    const { number, event, isOver } = run;
    if (isOver) await reader.restart(number);
    const outcome = isOver ? "is asked for again" : "is under way as it is";
    tools.say(`run ${number} (${event}) of #${pull.number} ${outcome}`);
  }
  tools.say(`to follow it: disinto ci logs ${flags.number}`);
  return ExitCode.done;
}

async function findRuns(reader: CiRunReader, pull: Pull): Promise<readonly CiRun[]> {
  const runs = await reader.newestOf(pull.headSha);
  if (runs.length > 0) return runs;
  const head = pull.headSha.slice(0, 10);
  throw new DisintoError(
    "ci.unavailable",
    `the CI has no run of ${head}, the head of #${pull.number}`,
    {
      hint: "it may not have looked yet; disinto status says whether it runs",
    },
  );
}

async function openRuns(tools: Tools, flags: RunFlags) {
  const number = parseIssueNumber(flags.number);
  const { fleet, project, forge } = await openProject(tools, flags);
  const { access } = ciProviders[project.ci.provider];
  if (!access)
    throw new DisintoError("usage.invalid", `the CI of ${project.name} runs elsewhere`, {
      hint: "look at its own pages: disinto knows its statuses only",
    });
  const { factory, containers, environment } = fleet;
  const layout = deriveLayout(factory, resolve(flags.folder));
  const addresses = deriveAddresses(factory);
  const connection = access.connection(factory, { layout, addresses, project: containers.project });
  const readHistory = async () => {
    const events = await readAllEvents(tools, factory, flags.folder);
    return buildIssueHistory([...events.values()].flat(), { project: project.name, issue: number });
  };
  const pull = await findPull({ forge, project, readHistory }, number);
  const reader = await tools.ciRuns({ connection, repo: project.repo, containers, environment });
  return { reader, pull };
}

interface Finding {
  readonly forge: Forge;
  readonly project: Project;
  /** What bots told of the issue: the branch of what was merged is gone. */
  readonly readHistory: () => Promise<{ readonly pull: number | undefined }>;
}

/** The pull request of this number, or of the issue of this number, whatever has become of it. */
async function findPull({ forge, project, readHistory }: Finding, number: number): Promise<Pull> {
  const pulls = forge.pulls(project.repo);
  const named = await pulls.get(number).catch((error: unknown) => {
    if (error instanceof DisintoError && error.code === "forge.not-found") return undefined;
    throw error;
  });
  if (named) return named;
  const branch = deriveBranch(project, number);
  const own = (await pulls.listOpen()).find(({ head }) => head === branch);
  const recordedPull = own ? undefined : (await readHistory()).pull;
  const found =
    own ??
    (recordedPull === undefined ? await pulls.findClosed(branch) : await pulls.get(recordedPull));
  if (found) return found;
  throw new DisintoError("forge.not-found", `#${number} of ${project.name} has no pull request`, {
    hint: `disinto issue ${number} says how far it is`,
  });
}

/** Inside the local CI's container, whose port nobody else reaches. */
export async function askCi(
  tools: Tools,
  { method, path }: { readonly method: string; readonly path: string },
): Promise<ExitCode> {
  tools.print(await tools.askLocalCi(method === "POST" ? "POST" : "GET", path));
  return ExitCode.done;
}
