/** A run of the demo: its issues are filed, watched until they are merged, and counted on the forge. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import {
  DEMO_REPO,
  type DemoOptions,
  nameDemoBots,
  REVIEWER,
  readDemoIssues,
} from "../apply/demo-factory.ts";
import { BACKLOG } from "../bot/issue/choose.ts";
import { loadFactory } from "../config/load.ts";
import { type DemoIssueState, DemoProgress } from "../core/demo-view.ts";
import { LOCAL_STATE_FOLDER } from "../engines/local/definition.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import type { Forge } from "../ports/forge.ts";
import { env } from "../settings/env.ts";
import { watchEvents } from "./event-watch.ts";
import type { Tools } from "./tools.ts";

/** A script needs no longer on any machine; a model may take its time. */
const LIMIT_MS = 300_000;
const MODEL_LIMIT_MS = 3 * 3600_000;

export interface DemoRun {
  readonly folder: string;
  /** As the administrator. */
  readonly forge: Forge;
  readonly password: string;
  readonly url: string;
  /** Where a person looks. */
  readonly page: string;
  readonly issues: readonly DemoIssueState[];
  readonly progress: DemoProgress;
  readonly startMs: number;
  readonly limitMs: number;
}

/** Files the operator's issues, and one as somebody who may only read. */
export async function fileDemoIssues(tools: Tools, options: DemoOptions): Promise<DemoRun> {
  const { folder, assets, bots, model } = options;
  const { factory, environment } = await loadFactory(folder, tools.version);
  const { url, adminUser } = factory.forge;
  const password = environment.get(env.forgeAdminPass.key) ?? "";
  const admin = await tools.forgeAdmin(url, { login: adminUser, password });
  const { forge } = admin;
  const stranger = { login: "stranger", password: randomBytes(12).toString("hex") };
  await admin.users.create({ ...stranger, email: "stranger@example.invalid", mark: "" });
  await admin.repositories.grant(DEMO_REPO, stranger.login, "read");
  const token = await admin.tokens.create(stranger, { name: "demo", scopes: ["write:issue"] });
  const strangersForge = await tools.forge(url, token);
  const issues: DemoIssueState[] = [];
  for (const { title, body, isStrangers } of await readDemoIssues(assets)) {
    const by = isStrangers ? strangersForge : forge;
    const { number } = await by.issues(DEMO_REPO).open({ title, body, labels: [] });
    await forge.issues(DEMO_REPO).relabel(number, { add: [BACKLOG], remove: [] });
    issues.push({ number, title, isStrangers });
  }
  const page = `${url}/${DEMO_REPO.owner}/${DEMO_REPO.name}/issues`;
  tools.say(`filed ${issues.length} issues: ${page}`);
  const startMs = Date.now();
  const progress = new DemoProgress(issues, [...nameDemoBots(bots), REVIEWER]);
  const limitMs = model ? MODEL_LIMIT_MS : LIMIT_MS;
  return { folder, forge, password, url, page, issues, progress, startMs, limitMs };
}

/** Until nothing is open but what the stranger filed, and no bot holds a lease. */
export async function watchDemo(tools: Tools, run: DemoRun): Promise<void> {
  const { clock, signal } = tools;
  const events = watchEvents(run.folder);
  const screen = tools.screen();
  const endMs = clock.monotonicMs() + run.limitMs;
  try {
    while (!isComplete(run) && clock.monotonicMs() < endMs) {
      if (signal.aborted) throw new DisintoError("interrupted", "the demo was interrupted");
      await clock.sleep(200, signal).catch(() => undefined);
      for (const event of await events.next()) {
        const seconds = Math.max(0, (Date.parse(event.time) - run.startMs) / 1000);
        const line = run.progress.add(event, seconds);
        if (line !== undefined && !screen) tools.say(line);
      }
      screen?.draw(run.progress.draw({ heading: formatHeading(run), rows: screen.size().rows }));
    }
  } finally {
    screen?.keep();
  }
}

function formatHeading(run: DemoRun): string {
  return `disinto demo  ${formatSeconds(run)}  ${run.page}`;
}

function isComplete({ issues, progress }: DemoRun): boolean {
  const released = new Set(progress.released);
  return issues.every(({ number, isStrangers }) =>
    isStrangers ? progress.whyWaiting(number, DEMO_REPO.name) !== undefined : released.has(number),
  );
}

interface Read {
  readonly commits: readonly { readonly subject: string }[];
  readonly isOpen: ReadonlyMap<number, boolean>;
}

/** What stands on the forge is counted, not what the bots said. */
export async function printDemoResult(tools: Tools, run: DemoRun): Promise<ExitCode> {
  const { forge, issues, progress, folder, url, password } = run;
  const access = { forgeUrl: url, login: DEMO_REPO.owner, token: password };
  const { commits, refs } = await tools.repositories.readHistory({
    folder: path.join(folder, "result"),
    url: `${url}/${DEMO_REPO.owner}/${DEMO_REPO.name}.git`,
    access,
  });
  const states = issues.map(async ({ number }) => {
    const { state } = await forge.issues(DEMO_REPO).get(number);
    return [number, state === "open"] as const;
  });
  const read = { commits, isOpen: new Map(await Promise.all(states)) };
  const leases = [...refs.keys()].filter((ref) => ref.startsWith("refs/disinto/"));
  const rounds = [...progress.rounds].map(([cause, count]) => `${sayCause(cause)} ${count}`);
  const { length: count } = progress.merged;
  const lines = [
    ...issues.map((issue) => formatResult(run, issue)),
    "",
    `merged     ${count} of ${issues.filter((one) => !one.isStrangers).length} in ${formatSeconds(run)}`,
    `came back  ${rounds.join(", ") || "nothing"}`,
    `leases     ${leases.length === 0 ? "none left" : leases.join(", ")}`,
    ...commits
      .slice(0, count)
      .map(({ sha, author, subject }) => `commit     ${sha.slice(0, 8)} ${author}: ${subject}`),
  ];
  tools.print(`${lines.join("\n")}\n`);
  const wrong = issues.filter((issue) => !isAsExpected(run, issue, read));
  if (wrong.length === 0 && leases.length === 0) return ExitCode.done;
  tools.say(`not as it should be: ${wrong.map(({ number }) => `#${number}`).join(", ")}`);
  tools.say(`the services' logs stand below ${path.join(folder, LOCAL_STATE_FOLDER)}`);
  return ExitCode.failed;
}

/** The operator's issues are merged by one commit each; the stranger's is open, and nothing came of it. */
function isAsExpected(
  { progress }: DemoRun,
  { number, title, isStrangers }: DemoIssueState,
  { commits, isOpen }: Read,
): boolean {
  const merges = progress.merged.filter(({ issue }) => issue === number).length;
  const count = commits.filter(({ subject }) => subject === title).length;
  const wanted = isStrangers ? 0 : 1;
  return isOpen.get(number) === isStrangers && count === wanted && merges === wanted;
}

function formatResult({ progress }: DemoRun, { number, title }: DemoIssueState): string {
  const merged = progress.merged.find(({ issue }) => issue === number);
  const what = merged
    ? `merged after ${merged.seconds.toFixed(0)} s by ${merged.by}, pull request #${merged.pull}`
    : `waits: ${progress.whyWaiting(number, DEMO_REPO.name) ?? "no bot has said why"}`;
  return `#${number}  ${title}\n    ${what}`;
}

function formatSeconds({ startMs }: DemoRun): string {
  return `${((Date.now() - startMs) / 1000).toFixed(0)} s`;
}

const causes: ReadonlyMap<string, string> = new Map([
  ["lostRounds", "rebased as another merged first"],
  ["conflicts", "with a conflict"],
  ["ciFixes", "with red tests"],
  ["reviewRounds", "with changes asked for"],
]);

function sayCause(cause: string): string {
  return causes.get(cause) ?? cause;
}
