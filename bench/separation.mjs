/**
 * What it costs that two users share a bot's container: a session on a repository of 200 files with a harness that is the
 * runner's own user, and with one that is not; and the memory of idle containers. Only root becomes others, only Docker has
 * containers; elsewhere that part is skipped.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { measureContainers } from "./containers.mjs";
import { printRows, runsAlone } from "./rows.mjs";
import { loadSources } from "./source.mjs";

const rounds = Number(process.env.DISINTO_BENCH_SESSIONS ?? 15);
const files = 200;
/** Nobody's on most hosts. */
const uid = 64_991;

export async function measureSeparation() {
  return [...measureSessions(), ...(await measureContainers())];
}

/** As in a container, with processes and a /tmp of their own: a session's end looks through both. */
function measureSessions() {
  if (process.getuid() !== 0) return [{ name: "sessions: skipped, only root becomes others" }];
  const apart = ["--mount", "--pid", "--fork", "--mount-proc", "sh", "-c"];
  const within = 'mount -t tmpfs tmpfs /tmp && exec "$@"';
  const again = [process.execPath, fileURLToPath(import.meta.url), "--apart"];
  const { status, stdout } = spawnSync("unshare", [...apart, within, "sh", ...again], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) return [{ name: "sessions: skipped, this machine gives no namespaces" }];
  return JSON.parse(stdout.split("\n").at(-2));
}

async function measureApart() {
  const sources = await loadSources([
    "src/adapters/git/mirror.ts",
    "src/adapters/git/work-folders.ts",
    "src/adapters/session-user/session-user.ts",
    "src/harness/command/command.ts",
  ]);
  const root = mkdtempSync(path.join(tmpdir(), "bench-"));
  chmodSync(root, 0o711);
  try {
    return await compare(sources, root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The two take turns, so that whatever slows the machine down slows both; the first of each is for the caches. */
async function compare(sources, root) {
  const origin = buildOrigin(root);
  const { buildSessionUser, ownUser } = sources;
  const users = { one: ownUser, two: buildSessionUser(uid) };
  const played = await Promise.all(
    Object.entries(users).map(async ([name, user]) => {
      const play = await openPlay(sources, { root, name, user, origin });
      return { times: [], work: [], play };
    }),
  );
  for (let round = 0; round <= rounds; round++)
    for (const { play, times, work } of played) {
      const [start, before] = [performance.now(), measureWork()];
      await play(round);
      if (round === 0) continue;
      times.push(performance.now() - start);
      work.push(measureWork() - before);
    }
  const [one, two] = played;
  const more = two.times.map((ms, round) => ms - one.times[round]);
  return [
    { name: "a session of 200 files, one user", ms: middle(one.times) },
    { name: "a session of 200 files, two users", ms: middle(two.times) },
    { name: "  what the second user costs", ms: middle(more), atMost: 150 },
    { name: "  the same as processor time, on average", ms: mean(two.work) - mean(one.work) },
  ];
}

/** Milliseconds of processor time, of this process and of all that it has started: not longer on a busy machine. */
function measureWork() {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}

function buildOrigin(root) {
  const origin = path.join(root, "origin");
  for (let at = 0; at < files; at++) {
    const folder = path.join(origin, `part-${at % 10}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `file-${at}.txt`), `line ${at}\n`.repeat(40));
  }
  const identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
  const git = (...args) => execFileSync("git", args, { cwd: origin });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git(...identity, "commit", "--quiet", "--message", "x");
  return origin;
}

/** Folder and home, the harness's own run, the end of its processes, its change. */
async function openPlay(sources, { root, name, user, origin }) {
  const { buildMirror, buildWorkFolders, buildCommandHarness } = sources;
  const own = path.join(root, name);
  mkdirSync(own, { mode: 0o711 });
  const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
  const mirrorFolder = path.join(own, "mirror.git");
  const mirror = buildMirror({ folder: mirrorFolder, url: origin, access });
  const sha = (await mirror.refresh()).get("refs/heads/main");
  const { userFiles } = user;
  const folders = buildWorkFolders({
    root: path.join(own, "work"),
    mirror: mirrorFolder,
    userFiles,
  });
  const harness = buildCommandHarness({
    command: ["sh", "-c", "echo changed >> part-1/file-1.txt"],
    stateFolder: path.join(own, "state"),
    pathVariable: process.env.PATH,
    user,
    transcripts: { folder: path.join(own, "transcripts"), redact: (text) => text },
  });
  return async (round) => {
    const folder = await folders.prepare(`issue-${round}`, { branch: "work", sha });
    const session = { folder, prompt: "", environment: {}, timeoutMs: 60_000, silenceMs: 60_000 };
    const about = { project: "bench", issue: round };
    const end = await harness.run({ ...session, about, signal: new AbortController().signal });
    if (end.type !== "finished") throw new Error(`the session failed: ${end.reason}`);
    const collected = await folders.collect(`issue-${round}`, sha);
    if (collected.type !== "collected") throw new Error(collected.reason);
    await folders.discard(`issue-${round}`);
  };
}

function middle(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

function mean(numbers) {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

if (process.argv.includes("--apart")) console.log(JSON.stringify(await measureApart()));
else if (runsAlone(import.meta.url)) printRows(await measureSeparation());
