/** Takeovers with real git: races of observers, and a real process that is stopped past its term. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildMirror } from "../../adapters/git/mirror.ts";
import { runOrThrow } from "../../adapters/process.ts";
import { systemClock } from "../../adapters/system-clock.ts";
import type { Clock } from "../../ports/clock.ts";
import { Claims } from "./claims.ts";
import { deriveMaxGap, Observations } from "./expiry.ts";

const checkout = path.join(import.meta.dirname, "../../..");
const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
const pollIntervalMs = 100;
let root: string;
let remote: string;
let built: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-takeover-"));
  remote = path.join(root, "remote.git");
  await runOrThrow(["git", "init", "--quiet", "--bare", remote]);
  const cache = path.join(checkout, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  built = await mkdtemp(path.join(cache, "disinto-takeover-"));
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(built, { recursive: true, force: true });
});

function open(holder: string, clock: Clock, termMs: number) {
  const observations = new Observations(clock, deriveMaxGap(termMs, pollIntervalMs));
  const folder = path.join(root, `${holder}.git`);
  const mirror = observations.watching(buildMirror({ folder, url: remote, access }));
  const newNonce = () => crypto.randomUUID();
  const tools = { mirror, observations, clock, holder, newNonce, termMs, pollIntervalMs };
  return { mirror, tools, claims: new Claims(tools) };
}

test("of eight bots that saw a claim stand for a term, one takes it over", async () => {
  let nowMs = 0;
  const clock = {
    now: () => new Date(0),
    monotonicMs: () => nowMs,
    sleep: () => new Promise<void>(() => undefined),
  };
  const termMs = 60_000;
  const dead = open("dead", clock, termMs);
  for (const round of [1, 2, 3])
    await dead.claims.take(round, { counters: { attempts: round }, facts: { body: "abc" } });
  const bots = Array.from({ length: 8 }, (_, index) => open(`bot-${index}`, clock, termMs));
  for (let reading = 0; reading < 5; reading++, nowMs += 15_000)
    await Promise.all(bots.map(({ mirror }) => mirror.refresh()));

  for (const round of [1, 2, 3]) {
    const taken = await Promise.all(bots.map(({ claims }) => claims.takeOver(round)));

    const won = taken.filter((claim) => claim !== undefined);
    expect(won.map(({ counters, facts }) => [counters, facts])).toEqual([
      [{ attempts: round }, { body: "abc" }],
    ]);
  }
  expect(await dead.claims.takeOver(1)).toBeUndefined();
});

/** Takes one claim through `Claims` and one bare lease, and pushes under both when it is told to. */
const program = (folder: string, termMs: number): string => `
  import { once } from "node:events";
  import { buildMirror, Claims, deriveMaxGap, Observations, pushFenced, systemClock, takeLease } from "./parts.js";
  const observations = new Observations(systemClock, deriveMaxGap(${termMs}, ${pollIntervalMs}));
  const mirror = observations.watching(buildMirror({
    folder: ${JSON.stringify(folder)}, url: ${JSON.stringify(remote)}, access: ${JSON.stringify(access)},
  }));
  const tools = {
    mirror, observations, clock: systemClock, holder: "paused", termMs: ${termMs}, pollIntervalMs: ${pollIntervalMs},
    newNonce: () => crypto.randomUUID(),
  };
  const branch = async (issue) => ({
    ref: "refs/heads/fix/issue-" + issue, from: undefined, to: await mirror.objects.note("stale " + issue),
  });
  const work = [await branch(11), await branch(12)];
  const claims = new Claims(tools);
  const claim = await claims.take(11);
  const lease = await takeLease(tools, "refs/disinto/claims/12");
  console.log("held");
  await once(process.stdin, "data");
  const checked = claim.push(work[0]).catch((error) => error.message);
  const bare = await pushFenced(tools, lease, { branch: work[1], counters: {}, facts: {} });
  console.log(JSON.stringify([await checked, bare.type]));
  console.log((await claims.take(13)) ? "went on" : "stuck");
  process.exit(0);
`;

async function startPaused(termMs: number): Promise<ChildProcess> {
  const parts = path.join(built, "entry.ts");
  const modules = [
    "adapters/git/mirror",
    "adapters/system-clock",
    "bot/leases/claims",
    "bot/leases/expiry",
    "bot/leases/lease",
  ];
  const lines = modules.map((name) => `export * from "${path.join(checkout, "src", name)}.ts";\n`);
  await writeFile(parts, lines.join(""));
  const bundle = await rolldown({
    input: { parts },
    platform: "node",
    external: (id) => /^[a-z@]/.test(id) && !id.startsWith(checkout),
  });
  await bundle.write({ dir: built });
  await writeFile(path.join(built, "paused.mjs"), program(path.join(root, "paused.git"), termMs));
  return spawn(process.execPath, [path.join(built, "paused.mjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

test("a process stopped past its term is taken over, its pushes are refused as a whole, and it goes on", async () => {
  const termMs = 3_000;
  const child = await startPaused(termMs);
  const watching = new AbortController();
  try {
    const said = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
    expect((await said.next()).value).toBe("held");
    child.kill("SIGSTOP");
    const { mirror, claims } = open("quick", systemClock, termMs);
    void claims.watch(watching.signal);
    for (const issue of [11, 12]) {
      while (!(await claims.takeOver(issue))) await systemClock.sleep(pollIntervalMs);
    }

    child.kill("SIGCONT");
    child.stdin?.write("go\n");

    const answer = "the lease refs/disinto/claims/11 is lost";
    expect(JSON.parse((await said.next()).value)).toEqual([answer, "lost"]);
    expect((await mirror.readRefs(["refs/heads/*"])).size).toBe(0);
    expect((await said.next()).value).toBe("went on");
    claims.stop();
    await once(child, "exit");
  } finally {
    watching.abort();
    child.kill("SIGCONT");
    child.kill("SIGKILL");
  }
});
