import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownUser, type SessionUser } from "../../adapters/session-user/session-user.ts";
import type { Status } from "../../ports/forge.ts";
import type { FetchedSubmodule } from "../../ports/git.ts";
import { ProjectCache } from "./cache.ts";
import type { CiProject } from "./ci-project.ts";
import { type Run, runPipeline } from "./pipeline-run.ts";
import { Pipelines } from "./pipelines.ts";

const pull = { number: 7, base: "base", author: "ada" };
const ofPull: Run = { event: "pull_request", sha: "head", branch: "fix/issue-1", parent: 0, pull };
const ofPush: Run = { event: "push", sha: "head", branch: "main", parent: 0, before: "base" };

let root: string;
let pipelines: Pipelines;
let posted: Status[];
let cannotClean: boolean;
let stopping: AbortController;
/** What the commit's submodules are fetched as. */
let submodules: readonly FetchedSubmodule[];
let laid: unknown[];
/** The CI is stopped when this context's workflow begins. */
let stopAt: string | undefined;

beforeEach(async () => {
  stopping = new AbortController();
  root = await mkdtemp(path.join(tmpdir(), "disinto-run-"));
  pipelines = await Pipelines.open(path.join(root, "pipelines"));
  posted = [];
  cannotClean = false;
  stopAt = undefined;
  submodules = [];
  laid = [];
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** Can empty its slot once. */
function makeUntidy(): SessionUser {
  let removed = 0;
  const remove = async (target: string) => {
    if (removed++ > 0) throw new Error("EACCES: permission denied");
    await ownUser.userFiles.remove(target);
  };
  return { ...ownUser, userFiles: { ...ownUser.userFiles, remove } };
}

/** Real commands in a real folder; the forge and git are what a run asks of them. */
async function runFiles(files: Readonly<Record<string, string>>, run: Run) {
  const slot = { user: ownUser, root: path.join(root, "slot") };
  const folder = path.join(slot.root, "work");
  const events: unknown[] = [];
  const target = {
    id: 1,
    project: {
      name: "shop",
      repo: { owner: "acme", name: "shop" },
      primaryBranch: "main",
      ci: { provider: "local" },
    },
    forgeUrl: "http://forge.test",
    statuses: {
      of: async () => [],
      post: async (_: string, status: Status) => {
        posted.push(status);
        if (status.context === stopAt) stopping.abort();
      },
    },
    mirror: {
      refresh: async () => new Map(),
      objects: {
        mergeTrees: async () => ({ type: "clean", tree: "tree" }),
        changedPaths: async () => ["src/cart.ts"],
        readMessage: async () => "Add totals",
      },
    },
    submodules: { fetch: async () => submodules },
    foldersOf: () => ({
      prepare: async (_: string, place: { submodules: unknown }) => {
        laid.push(place.submodules);
        for (const [name, text] of Object.entries(files)) {
          await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
          await writeFile(path.join(folder, name), text);
        }
        return folder;
      },
    }),
    pipelines,
    cache: await ProjectCache.open(path.join(root, "kept"), 100_000),
    secretsOf: (event: string) => (event === "push" ? { deploy: "sesame-open" } : {}),
  } as unknown as CiProject;
  const tools = {
    events: { append: (event: unknown) => void events.push(event) },
    pathVariable: process.env.PATH,
    redact: (text: string) => text.replaceAll("sesame-open", "[DEPLOY]"),
    signal: stopping.signal,
    slot: cannotClean ? { ...slot, user: makeUntidy() } : slot,
  };
  await runPipeline(tools, target, run);
  const [pipeline] = pipelines.newestFirst();
  const steps = pipeline?.workflows.flatMap(({ children }) => children) ?? [];
  return {
    pipeline,
    events,
    ends: Object.fromEntries(steps.map(({ name, state }) => [name, state])),
    decided: posted
      .filter(({ state }) => state !== "pending")
      .map(({ context, state }) => [context, state]),
    log: (step: string) =>
      pipelines.readLog(pipeline?.number ?? 0, steps.find(({ name }) => name === step)?.id ?? 0),
  };
}

const step = (name: string, command: string, more = ""): string =>
  `  - name: ${name}\n    image: node\n    commands: ${command}\n${more}`;

test("after a failure only what asks for it runs, and a step that may fail is no failure", async () => {
  const text = `steps:\n${step("audit", "exit 3", "    failure: ignore\n")}${step("test", "exit 4")}${step("pack", "echo packed")}${step("report", "echo reported", "    when:\n      - status: [failure]\n")}`;

  const { ends, decided, pipeline } = await runFiles({ ".woodpecker/test.yml": text }, ofPull);

  expect(ends).toEqual({ audit: "failure", test: "failure", pack: "skipped", report: "success" });
  expect(decided).toEqual([["ci/local/test", "failure"]]);
  expect(posted.at(-1)?.description).toContain("test ended with 4");
  expect(pipeline).toMatchObject({ status: "failure", event: "pull_request" });
});

test("steps run after what they depend on, wherever they stand", async () => {
  const text = `steps:\n${step("last", "test -f made", "    depends_on: [first]\n")}${step("first", "touch made")}`;

  const { ends, decided } = await runFiles({ ".woodpecker/test.yml": text }, ofPull);

  expect(ends).toEqual({ last: "success", first: "success" });
  expect(decided).toEqual([["ci/local/test", "success"]]);
});

test("workflows run after those that they depend on, and not after one that failed", async () => {
  const files = {
    ".woodpecker/a.yml": `depends_on: [build]\nsteps:\n${step("late", "echo late")}`,
    ".woodpecker/build.yml": `steps:\n${step("build", "exit 1")}`,
  };

  const { decided } = await runFiles(files, ofPull);

  expect(decided).toEqual([
    ["ci/local/build", "failure"],
    ["ci/local/a", "failure"],
  ]);
  expect(posted.at(-1)?.description).toBe("workflow build did not succeed");
});

test("each axis of a matrix has a context and a value of its own", async () => {
  const text = `matrix:\n  CODE: [0, 1]\nsteps:\n${step("end", "exit $CODE")}`;

  const { decided } = await runFiles({ ".woodpecker/test.yml": text }, ofPull);

  expect(decided).toEqual([
    ["ci/local/test/1", "success"],
    ["ci/local/test/2", "failure"],
  ]);
});

test("a push has its own context and variables, also from the file in the root", async () => {
  const text = `steps:\n${step("tell", "echo $CI_PIPELINE_EVENT on $CI_COMMIT_BRANCH, not $CI_COMMIT_PULL_REQUEST.")}`;

  const { decided, log } = await runFiles({ ".woodpecker.yml": text }, ofPush);

  expect(decided).toEqual([["ci/local/push/woodpecker", "success"]]);
  expect(await log("tell")).toContain("push on main, not .");
});

test("what the local CI does not know is answered with its name before anything runs", async () => {
  const text = `services:\n  - name: database\n    image: postgres\nsteps:\n${step("test", "touch ran")}`;

  const { decided, pipeline } = await runFiles({ ".woodpecker/test.yml": text }, ofPull);

  expect(decided).toEqual([["ci/local/test", "failure"]]);
  expect(posted.at(-1)?.description).toContain("services: not supported by the local CI");
  expect(pipeline?.errors).toMatchObject([{ type: "linter", is_warning: false }]);
});

test("where no workflow is for the event nothing is posted and no run is kept", async () => {
  const text = `when:\n  event: push\nsteps:\n${step("test", "exit 0")}`;

  const { pipeline } = await runFiles({ ".woodpecker/test.yml": text }, ofPull);

  expect([posted, pipeline]).toEqual([[], undefined]);
});

test("a folder that cannot be cleaned is told, and the run is decided all the same", async () => {
  cannotClean = true;

  const { decided, events } = await runFiles(
    { ".woodpecker/test.yml": `steps:\n${step("test", "exit 0")}` },
    ofPull,
  );

  expect(decided).toEqual([["ci/local/test", "success"]]);
  expect(events).toContainEqual(
    expect.objectContaining({ type: "failure", message: expect.stringContaining("EACCES") }),
  );
});

test("what a run of the primary branch left in CI_CACHE is copied to later runs; theirs goes with them", async () => {
  const found = "ls $CI_CACHE; echo of $CI_PIPELINE_EVENT > $CI_CACHE/$CI_PIPELINE_EVENT";
  const files = { ".woodpecker/test.yml": `steps:\n${step("look", found)}` };

  const first = await runFiles(files, ofPush);
  const second = await runFiles(files, ofPull);
  const third = await runFiles(files, ofPull);
  const other = await runFiles(files, { ...ofPush, branch: "fix/issue-1" });
  const last = await runFiles(files, ofPush);

  expect(await first.log("look")).toBe("");
  for (const run of [second, third, other, last]) expect(await run.log("look")).toBe("push");
  expect(await readdir(root)).toEqual(["kept", "pipelines"]);
});

test("a run that failed leaves nothing for others, and one that leaves too much is told", async () => {
  const files = (commands: string) => ({
    ".woodpecker/test.yml": `steps:\n${step("make", `ls $CI_CACHE; ${commands}`)}`,
  });

  await runFiles(files("echo good > $CI_CACHE/good"), ofPush);
  await runFiles(files("echo bad > $CI_CACHE/bad; exit 1"), ofPush);
  const big = await runFiles(files("truncate --size=1G $CI_CACHE/big"), ofPush);
  const after = await runFiles(files("true"), ofPull);

  expect(await big.log("make")).toBe("good");
  expect(big.decided.at(-1)).toEqual(["ci/local/push/test", "success"]);
  expect(big.events).toContainEqual({
    type: "cache.dropped",
    project: "shop",
    limitBytes: 100_000,
  });
  expect(await after.log("make")).toBe("");
});

test("what a step left in its slot is gone before the next run", async () => {
  const leave = "echo secret > ../left";
  await runFiles({ ".woodpecker/test.yml": `steps:\n${step("leave", leave)}` }, ofPull);

  const { log } = await runFiles(
    { ".woodpecker/test.yml": `steps:\n${step("look", "ls ..")}` },
    ofPull,
  );

  expect(await log("look")).toBe("work\nwork.cache\nwork.home");
});

test("a CI that is stopped posts no red: what it was at is pending, and what comes after says nothing", async () => {
  stopAt = "ci/local/build";
  const files = {
    ".woodpecker/after.yml": `depends_on: [build]\nsteps:\n${step("late", "echo late")}`,
    ".woodpecker/build.yml": `steps:\n${step("build", "exit 1")}`,
    ".woodpecker/odd.yml": `services:\n  - name: db\n    image: postgres\nsteps:\n${step("test", "exit 1")}`,
    ".woodpecker/x.yml": `depends_on: [build]\nsteps:\n${step("last", "exit 1")}`,
  };

  const { decided, pipeline } = await runFiles(files, ofPull);

  expect(decided.filter(([context]) => context !== "ci/local/odd")).toEqual([]);
  expect(posted.at(-1)).toMatchObject({ context: "ci/local/build", state: "pending" });
  expect(pipeline?.status).toBe("killed");
});

test("a step gets the secret that its event may have, and no log or status shows it; a pull request is refused it", async () => {
  const asks = "    environment:\n      KEY: { from_secret: deploy }\n";
  const text = `steps:\n${step("pack", "['echo $KEY | rev', 'echo $KEY', 'exit 3']", asks)}`;

  const { log } = await runFiles({ ".woodpecker/test.yml": text }, ofPush);

  expect(await log("pack")).toBe("nepo-emases\n[DEPLOY]");
  expect(posted.at(-1)?.description).toBe("pack ended with 3: [DEPLOY]");
  await runFiles({ ".woodpecker/test.yml": text }, ofPull);
  expect(posted.at(-1)?.description).toContain('secret "deploy" is not available to pull_request');
});

test("submodules are laid into what is tested, and one that cannot be fetched is told", async () => {
  submodules = [
    { path: "lib", sha: "1".repeat(40) },
    { path: "far", sha: "2".repeat(40), refused: "far.org answers 404" },
  ];

  const files = { ".woodpecker/test.yml": `steps:\n${step("look", "true")}` };
  const { events, ends } = await runFiles(files, ofPull);

  expect(laid).toEqual([submodules]);
  expect(events).toContainEqual({
    type: "failure",
    code: "git.failed",
    message: "the submodule far is not there: far.org answers 404",
    retryInMs: 0,
  });
  expect(ends).toEqual({ look: "success" });
});
