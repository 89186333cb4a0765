import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unpackInto } from "../../adapters/session-user/archive.ts";
import { ownUserFiles } from "../../adapters/session-user/own-user.ts";
import { ownUser } from "../../adapters/session-user/session-user.ts";
import { systemClock } from "../../adapters/system-clock.ts";
import type { RepoId } from "../../core/factory.ts";
import type { Status } from "../../ports/forge.ts";
import { followRun, RunReader } from "../run-reader.ts";
import { buildCiRuns } from "../woodpecker/ci-runs.ts";
import { WoodpeckerHttp } from "../woodpecker/http.ts";
import { serveCiApi } from "./api.ts";
import { ProjectCache } from "./cache.ts";
import type { CiProject } from "./ci-project.ts";
import { type PipelineRecord, Pipelines, type StepRecord } from "./pipelines.ts";
import { buildReadCache } from "./read-cache.ts";
import { type CiTools, LocalCi } from "./serve.ts";

const repo = { owner: "acme", name: "shop" };
const token = "a token for runs";
const red: Status = { context: "ci/local/test", state: "failure", description: "it failed" };

let folder: string;
let pipelines: Pipelines;
let posted: Status[];
let cache: ProjectCache;
let api: { port: number; close(): void };

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "disinto-ci-"));
  pipelines = await Pipelines.open(folder);
  posted = [];
  const statuses = {
    of: async () => [],
    post: async (_: string, one: Status) => void posted.push(one),
  };
  cache = await ProjectCache.open(path.join(folder, "kept"), 10_000_000);
  const target = { id: 1, project: { name: "shop", repo }, statuses, pipelines, cache };
  const tools = { projects: [target as unknown as CiProject], slots: [] };
  const ci = new LocalCi(tools as unknown as CiTools);
  api = await serveCiApi(ci, { bind: "127.0.0.1", port: 0, token });
});

afterEach(async () => {
  api.close();
  await rm(folder, { recursive: true, force: true });
});

function ask(given = token) {
  const access = { url: `http://127.0.0.1:${api.port}`, token: given };
  const clock = { ...systemClock, sleep: async () => {} };
  return buildCiRuns({
    access,
    repo,
    needsWebhook: false,
    primaryBranch: "main",
    clock,
    redact: (text) => text.replaceAll("s3cret", "[redacted]"),
  });
}

async function record(
  commit: string,
  status: PipelineRecord["status"],
  step: Partial<StepRecord>,
): Promise<PipelineRecord> {
  const child: StepRecord = {
    id: 1,
    name: "test",
    type: "commands",
    state: "failure",
    exit_code: 1,
  };
  const workflow = {
    name: "test",
    context: red.context,
    state: "failure" as const,
    children: [{ ...child, ...step }],
  };
  const made = pipelines.create({ event: "pull_request", parent: 0, commit, branch: "b" });
  made.workflows = [workflow];
  made.status = status;
  await pipelines.saveLog(
    made.number,
    1,
    "first\nTypeError: s3cret broke\n\u001b[1mlast\u001b[0m\n",
  );
  await pipelines.save(made);
  return made;
}

test("why a run is red is its failed step's log, trimmed and without secrets", async () => {
  await record("old", "failure", {});
  await record("sha", "failure", {});

  expect(await ask().explain("sha", [red])).toEqual([
    {
      context: red.context,
      kind: "real",
      log: "it failed\nstep test ended with 1:\nfirst\nTypeError: [redacted] broke\nlast",
    },
  ]);
});

test("the newest run of a commit counts, also among more runs than a page holds", async () => {
  await record("sha", "failure", {});
  await record("sha", "killed", { state: "killed", exit_code: 137, error: "killed by SIGKILL" });
  for (let other = 0; other < 60; other++) await record(`other-${other}`, "success", {});

  const [failure] = await ask().explain("sha", [red]);

  expect(failure).toMatchObject({ kind: "infrastructure" });
  expect(failure?.log).toContain("killed by SIGKILL");
});

test("a run that is asked for again is pending before the answer, and one that was never made cannot be", async () => {
  await record("sha", "killed", { state: "killed" });

  expect(await ask().retry("sha", [red.context])).toBe(true);
  expect(posted).toMatchObject([{ context: red.context, state: "pending" }]);
  expect(await ask().retry("unknown", [red.context])).toBe(false);
});

test("the primary branch's newest run of that workflow says whose a missing tool is, whatever it pushed since", async () => {
  const missing = { exit_code: 127 };
  const push = async (name: string, step: Partial<StepRecord>) => {
    const made = await record(`main-${name}`, "failure", step);
    Object.assign(made, { event: "push", branch: "main" });
    made.workflows = made.workflows.map((one) => ({ ...one, name }));
    await pipelines.save(made);
  };
  await push("test", { exit_code: 1 });
  await push("test", missing);
  await push("docs", { exit_code: 1 });
  await record("sha", "failure", missing);

  expect(await ask().explain("sha", [red])).toMatchObject([{ kind: "installation" }]);

  await push("test", { state: "success", exit_code: 0 });
  await push("docs", missing);
  expect(await ask().explain("sha", [red])).toMatchObject([{ kind: "real", isDoubtful: true }]);
});

test("a red status without a run is taken as it is", async () => {
  expect(await ask().explain("sha", [red])).toEqual([
    { context: red.context, kind: "real", log: "it failed" },
  ]);
});

test("nothing is answered without the token", async () => {
  await record("sha", "failure", {});

  await expect(ask("another token").explain("sha", [red])).rejects.toMatchObject({
    code: "ci.unavailable",
  });
});

test("runs outlive the CI; one that it did not end was not done", async () => {
  await record("sha", "failure", {});
  await record("later", "running", { state: "running" });

  const again = await Pipelines.open(folder);

  expect(again.newestFirst().map(({ commit, status }) => [commit, status])).toEqual([
    ["later", "killed"],
    ["sha", "failure"],
  ]);
  expect(again.create({ event: "push", parent: 0, commit: "c", branch: "b" }).number).toBe(3);
});

test("a project's cache is handed to who knows the token, whole; nobody else, and no other project, has it", async () => {
  const signal = new AbortController().signal;
  const readAs = (given: string, of: RepoId = repo) =>
    buildReadCache({
      access: { url: `http://127.0.0.1:${api.port}`, token: given },
      repo: of,
      signal,
    })();
  const [made, got] = [path.join(folder, "made"), path.join(folder, "got")];
  for (const one of [made, got]) await mkdir(one);
  expect(await readAs(token)).toBeUndefined();
  await writeFile(path.join(made, "big"), Buffer.alloc(3_000_000, "x"));
  await cache.keep(made, ownUser);

  const archive = await readAs(token);
  if (archive) await unpackInto(got, ownUserFiles, archive);

  expect(await readdir(got)).toEqual(["big"]);
  expect(await readAs("another token")).toBeUndefined();
  expect(await readAs(token, { owner: "acme", name: "other" })).toBeUndefined();
  api.close();
  expect(await readAs(token)).toBeUndefined();
});

test("a run is followed while it writes: each line once, and at the end what became of it", async () => {
  const made = await record("sha", "running", { state: "running", exit_code: 0 });
  const log = pipelines.openLog(made.number, 1);
  const [first, second] = ["one\n", "two\nthree\n"];
  const write = (text: string) => new Promise((resolve) => log.write(text, resolve));
  await write(first);
  const http = new WoodpeckerHttp({ url: `http://127.0.0.1:${api.port}`, token }, undefined);
  const reader = new RunReader(http, repo);
  const shown: string[] = [];
  const seenAtFirst: string[][] = [];
  const sleep = async (): Promise<void> => {
    seenAtFirst.push([...shown]);
    if (seenAtFirst.length > 1) return;
    await write(second);
    made.status = "failure";
    for (const { children } of made.workflows)
      for (const child of children) Object.assign(child, { state: "failure", exit_code: 3 });
  };

  const { signal } = new AbortController();
  const clock = { ...systemClock, sleep };
  const show = (line: string) => void shown.push(line);
  const [found] = await reader.newestOf("sha");
  await followRun(reader, found?.number ?? 0, { clock, signal, show });

  expect(seenAtFirst[0]).toEqual(["── test: test", "one"]);
  expect(shown).toEqual([
    "── test: test",
    ...["one", "two", "three"],
    "test: test ended with 3",
    "run 1 (pull_request): failure",
  ]);
});
