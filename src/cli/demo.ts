/** `disinto demo`: a whole factory in a folder of its own, on the local engine, until one issue is merged. */

import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDemoFiles } from "../apply/demo-factory.ts";
import { loadFactory } from "../config/load.ts";
import { deriveCredentialKeys } from "../core/names.ts";
import { LOCAL_STATE_FOLDER } from "../engines/local/definition.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import type { Forge } from "../ports/forge.ts";
import { env } from "../settings/env.ts";
import { findDashboard } from "./dashboard.ts";
import { down } from "./down.ts";
import { type WatchedEvent, watchEvents } from "./event-watch.ts";
import { init } from "./init.ts";
import type { Tools } from "./tools.ts";
import { up } from "./up.ts";

const LIMIT_MS = 120_000;

export async function demo(tools: Tools, { keep = false }: { keep?: boolean }): Promise<ExitCode> {
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-demo-"));
  tools.say(
    `a factory of its own in ${folder}: embedded forge, local CI, a dev bot, a review bot; no model, no Docker`,
  );
  const { repositories } = tools;
  const repository = await createDemoFiles({ folder, assets: findAssets(tools), repositories });
  try {
    await init(tools, { folder, repository });
    const story = await fileIssue(tools, folder);
    await up(tools, { folder });
    await showDashboard(tools, folder);
    await watch(tools, story);
    await reportResult(tools, story);
  } finally {
    if (!keep) await down({ ...tools, signal: new AbortController().signal }, { folder });
  }
  tools.say(
    keep
      ? `it keeps running; stop it with: disinto --factory ${folder} down`
      : `stopped; its files are kept in ${folder}`,
  );
  return ExitCode.done;
}

function findAssets({ packageFolder }: Tools): string {
  return path.join(packageFolder, "demo");
}

interface DemoRun {
  readonly folder: string;
  readonly forge: Forge;
  readonly issue: number;
  readonly url: string;
}

const repo = { owner: "disinto-admin", name: "greeter" };

async function fileIssue(tools: Tools, folder: string): Promise<DemoRun> {
  const { factory, environment } = await loadFactory(folder, tools.version);
  const { url, adminUser } = factory.forge;
  const admin = { login: adminUser, password: environment.get(env.forgeAdminPass.key) ?? "" };
  const { tokens } = await tools.forgeAdmin(url, admin);
  const token = await tokens.create(admin, {
    name: "demo",
    scopes: ["write:issue", "read:repository"],
  });
  const forge = await tools.forge(url, token);
  const body = await readFile(path.join(findAssets(tools), "issue.md"), "utf8");
  const { number } = await forge
    .issues(repo)
    .open({ title: "Say goodbye too", body, labels: ["backlog"] });
  tools.say(`filed issue #${number}: ${url}/${repo.owner}/${repo.name}/issues/${number}`);
  return { folder, forge, issue: number, url };
}

async function watch(tools: Tools, { folder, forge, issue }: DemoRun): Promise<void> {
  const events = watchEvents(folder);
  const startMs = tools.clock.monotonicMs();
  for (;;) {
    for (const sight of await events.next())
      tools.say(formatWatchedEvent(sight, tools.clock.monotonicMs() - startMs));
    if (tools.signal.aborted) throw new DisintoError("interrupted", "the demo was interrupted");
    const released = events.received.some(({ type }) => type === "issue.released");
    if (released && (await forge.issues(repo).get(issue)).state === "closed") return;
    if (tools.clock.monotonicMs() - startMs > LIMIT_MS) {
      throw new DisintoError(
        "engine.failed",
        `issue #${issue} was not merged within ${LIMIT_MS / 1000} s`,
        {
          hint: `read the logs below ${path.join(folder, LOCAL_STATE_FOLDER)}`,
        },
      );
    }
    await tools.clock.sleep(200, tools.signal);
  }
}

function formatWatchedEvent(
  { by, type, at, pull, verdict, context, state, reason, message }: WatchedEvent,
  ms: number,
): string {
  const what = [
    type,
    at,
    pull === undefined ? undefined : `pull request #${pull}`,
    context,
    verdict ?? state,
    reason ?? message,
  ];
  return `${(ms / 1000).toFixed(1).padStart(6)} s  ${by.padEnd(9)} ${what.filter((part) => part !== undefined).join("  ")}`;
}

/** Whoever has the demo on this machine may look without signing in. */
async function showDashboard(tools: Tools, folder: string): Promise<void> {
  const found = await findDashboard(tools, folder);
  if (found) tools.say(`watch it at ${found.url}`);
}

/** What can be read back from the forge, not what the bots said. */
async function reportResult(tools: Tools, { folder, forge, issue, url }: DemoRun): Promise<void> {
  const { environment } = await loadFactory(folder, tools.version);
  const access = {
    forgeUrl: url,
    login: "dev-qwen",
    token: environment.get(deriveCredentialKeys("dev-qwen").token) ?? "",
  };
  const history = await tools.repositories.readHistory({
    folder: path.join(folder, "result"),
    url: `${url}/${repo.owner}/${repo.name}.git`,
    access,
  });
  const pull = await forge.pulls(repo).get(issue + 1);
  const reviews = await forge.reviews(repo).of(pull.number);
  const approvals = reviews
    .filter(({ verdict, official }) => verdict === "approved" && official)
    .map(({ author }) => author);
  const [commit] = history.commits;
  const leases = [...history.refs.keys()].filter((ref) => ref.startsWith("refs/disinto/"));
  const facts = [
    `merged     ${pull.merged ? "yes" : "no"}, as pull request #${pull.number}`,
    `commit     ${commit?.sha.slice(0, 10)} by ${commit?.author}: ${commit?.subject}`,
    `approved   by ${approvals.join(", ") || "nobody"}`,
    `issue #${issue}   ${(await forge.issues(repo).get(issue)).state}`,
    `leases     ${leases.length === 0 ? "none left" : leases.join(", ")}`,
  ];
  tools.print(`${facts.join("\n")}\n`);
  if (!pull.merged || approvals.length === 0 || leases.length > 0) {
    throw new DisintoError(
      "engine.failed",
      "the demo did not reach the expected result; see the lines above",
    );
  }
}
