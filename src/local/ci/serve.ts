/** The local CI: looks for heads of open pull requests, runs their workflows, posts commit statuses. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { deriveContext, isWorkflowFile } from "../../core/ci-contexts.ts";
import type { ProjectTask } from "../../core/project-shape.ts";
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { Pull, Pulls, Status, Statuses } from "../../ports/forge.ts";
import type { Mirror, WorkFolders } from "../../ports/git.ts";
import { runSteps } from "./steps.ts";
import { parseWorkflow } from "./workflow.ts";

export interface CiProject {
  readonly project: ProjectTask;
  readonly pulls: Pulls;
  readonly statuses: Statuses;
  readonly mirror: Mirror;
  readonly folders: WorkFolders;
  /** Folder for the logs of this project's runs. */
  readonly logs: string;
}

export interface CiTools {
  readonly projects: readonly CiProject[];
  readonly clock: Clock;
  readonly events: EventLog;
  readonly pollIntervalMs: number;
  readonly pathVariable: string | undefined;
  readonly signal: AbortSignal;
}

const MAX_AT_ONCE = 4;

export async function serveLocalCi(tools: CiTools): Promise<void> {
  const seen = new Set<string>();
  const running = new Set<Promise<void>>();
  while (!tools.signal.aborted) {
    for (const [target, pull] of await findNewHeads(tools, seen)) {
      if (running.size >= MAX_AT_ONCE) break;
      seen.add(pull.headSha);
      const run = checkHead(tools, target, pull).catch((error: unknown) => {
        seen.delete(pull.headSha);
        reportFailure(tools, error);
      });
      running.add(run);
      void run.finally(() => running.delete(run));
    }
    await tools.clock.sleep(tools.pollIntervalMs, tools.signal);
  }
  await Promise.all(running);
}

async function findNewHeads(
  tools: CiTools,
  seen: ReadonlySet<string>,
): Promise<readonly [CiProject, Pull][]> {
  try {
    const listed = await Promise.all(
      tools.projects.map(async (target) =>
        (await target.pulls.listOpen()).map((pull): [CiProject, Pull] => [target, pull]),
      ),
    );
    return listed.flat().filter(([, { headSha }]) => !seen.has(headSha));
  } catch (error) {
    reportFailure(tools, error);
    return [];
  }
}

/** The outside's failures are reported and tried again at the next look; anything else is a bug and ends the CI. */
function reportFailure({ events, pollIntervalMs, signal }: CiTools, error: unknown): void {
  if (signal.aborted) return;
  if (!(error instanceof DisintoError)) throw error;
  events.append({
    type: "failure",
    code: error.code,
    message: error.message,
    retryInMs: pollIntervalMs,
  });
}

async function checkHead(
  tools: CiTools,
  target: CiProject,
  { headSha, head }: Pull,
): Promise<void> {
  const decided = new Set(
    (await target.statuses.of(headSha))
      .filter(({ state }) => state !== "pending")
      .map(({ context }) => context),
  );
  await target.mirror.refresh();
  const name = `ci-${headSha}`;
  const folder = await target.folders.prepare(name, { branch: head, sha: headSha });
  for (const file of await listWorkflows(folder)) {
    const context = deriveContext(file);
    if (!decided.has(context))
      await runWorkflow(tools, { target, sha: headSha, folder, file, context });
  }
  await target.folders.discard(name);
}

async function listWorkflows(folder: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(folder, ".woodpecker")).catch(() => []);
  return entries.filter(isWorkflowFile).sort();
}

interface WorkflowRun {
  readonly target: CiProject;
  readonly sha: string;
  readonly folder: string;
  readonly file: string;
  readonly context: string;
}

async function runWorkflow(
  tools: CiTools,
  { target, sha, folder, file, context }: WorkflowRun,
): Promise<void> {
  const workflow = parseWorkflow(await readFile(path.join(folder, ".woodpecker", file), "utf8"));
  if (workflow.type === "not-for-pulls") return;
  const post = (status: Omit<Status, "context">): Promise<void> =>
    target.statuses.post(sha, { context, ...status });
  if (workflow.type === "unsupported") {
    return post({
      state: "failure",
      description: `the local CI cannot run ${file}: ${workflow.reason}`.slice(0, 200),
    });
  }
  await post({ state: "pending", description: "running" });
  await mkdir(target.logs, { recursive: true });
  const environment = describeEnvironment(tools, { target, sha, folder });
  const logFile = path.join(target.logs, `${sha}-${file}.log`);
  const result = await runSteps({
    folder,
    steps: workflow.steps,
    environment,
    logFile,
    signal: tools.signal,
  });
  if (tools.signal.aborted) return;
  await post(result);
  tools.events.append({
    type: "ci.finished",
    project: target.project.name,
    sha,
    context,
    state: result.state,
  });
}

function describeEnvironment(
  { pathVariable }: CiTools,
  { target, sha, folder }: Pick<WorkflowRun, "target" | "sha" | "folder">,
): Record<string, string> {
  const { owner, name } = target.project.repo;
  return {
    PATH: pathVariable ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: folder,
    LANG: "C.UTF-8",
    CI: "true",
    CI_REPO: `${owner}/${name}`,
    CI_COMMIT_SHA: sha,
    CI_WORKSPACE: folder,
    CI_PIPELINE_EVENT: "pull_request",
  };
}
