import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ModelServer } from "../../../test/model-server/server.ts";
import { ownUser } from "../../adapters/session-user/session-user.ts";
import type { Session } from "../../ports/harness.ts";
import type { ModelAccess } from "../gateway/model-session.ts";
import type { TranscriptOptions } from "../session/transcript.ts";
import { buildCommandHarness } from "./command.ts";

interface Setting {
  readonly session?: Partial<Session>;
  readonly command?: readonly string[];
  readonly transcripts?: Partial<TranscriptOptions>;
  readonly modelUrl?: string;
}

async function buildScene({
  session,
  command,
  transcripts,
  modelUrl,
}: Setting & { command: readonly string[] }) {
  const root = await mkdtemp(join(tmpdir(), "harness-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, "issue-7");
  await mkdir(folder);
  const harness = buildCommandHarness({
    command,
    stateFolder: join(root, "state"),
    pathVariable: process.env.PATH,
    user: ownUser,
    model: modelUrl === undefined ? undefined : accessTo(modelUrl),
    transcripts: { folder: join(root, "transcripts"), redact: (text) => text, ...transcripts },
  });
  const run = () =>
    harness.run({
      folder,
      prompt: "",
      environment: {},
      timeoutMs: 120_000,
      silenceMs: 120_000,
      signal: new AbortController().signal,
      ...session,
    });
  return { root, folder, run };
}

function accessTo(baseUrl: string): ModelAccess {
  const operator = { slots: undefined, context: undefined };
  return { baseUrl, name: "default", readKey: async () => undefined, operator };
}

async function run(program: string, setting: Setting = {}) {
  const command = [process.execPath, "-e", program];
  const scene = await buildScene({ command, ...setting });
  return { ...scene, end: await scene.run() };
}

const runShell = (script: string, setting: Setting = {}) =>
  run("", { command: ["sh", "-c", script], ...setting });

const forever = "setInterval(() => {}, 1000)";

test("a harness that writes nothing for too long is ended", async () => {
  const { end } = await run(`console.log("begun"); ${forever}`, { session: { silenceMs: 1500 } });

  expect(end).toMatchObject({
    type: "failed",
    fault: "silence",
    reason: expect.stringContaining("wrote nothing for 0.03 minutes"),
  });
});

test("a harness that goes on writing is ended by its time alone", async () => {
  const session = { silenceMs: 60_000, timeoutMs: 1500 };
  const { end } = await run('setInterval(() => console.log("."), 20)', { session });

  expect(end).toMatchObject({
    type: "failed",
    fault: "wall-time",
    reason: expect.stringContaining("did not finish within"),
  });
});

test("while it waits for its turn at the model's server neither its silence nor its time goes on", async () => {
  const server = await ModelServer.start({ conversations: [] });
  onTestFinished(() => server.close());
  const program = `
    const { OPENAI_BASE_URL: url, OPENAI_API_KEY: key } = process.env;
    const body = JSON.stringify({ messages: [{ role: "user", content: "hi" }] });
    const headers = { authorization: "Bearer " + key };
    await fetch(url + "/chat/completions", { method: "POST", headers, body });`;
  const command = [process.execPath, "--input-type=module", "-e", program];
  const limits = { silenceMs: 1_500, timeoutMs: 3_000 };
  const beforeTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 4_000));

  const { end } = await run("", {
    command,
    modelUrl: server.url,
    session: { ...limits, beforeTurn },
  });

  expect(end).toMatchObject({ type: "finished", usage: { turns: 1 } });
});

test("each output restarts the silence, and is told", async () => {
  let heard = 0;
  const program =
    "let n = 0; setInterval(() => { console.log(n); if (++n === 40) process.exit(0) }, 100)";
  const session = { silenceMs: 3000, onOutput: () => (heard += 1) };
  const { end } = await run(program, { session });

  expect(end.type).toBe("finished");
  expect(heard).toBeGreaterThan(1);
});

test("limits that only the harness can count are told to it", async () => {
  const script = 'echo "$DISINTO_MAX_TURNS $DISINTO_MAX_TOKENS $DISINTO_MAX_MONEY"';
  const limited = await runShell(script, { session: { turns: 30, tokens: 9000, money: 1.5 } });
  const free = await runShell(script);

  expect(limited.end).toMatchObject({ output: "30 9000 1.5" });
  expect(free.end).toMatchObject({ output: "" });
});

test("its environment is built from nothing", async () => {
  process.env.FORGE_TOKEN = "the-forges-token";
  const { end } = await runShell("env", { session: { environment: { DISINTO_ISSUE: "7" } } });
  delete process.env.FORGE_TOKEN;

  const names = end.output.split("\n").map((line) => line.split("=")[0]);
  const set = ["DISINTO_ISSUE", "DISINTO_RESULT", "DISINTO_SESSION", "HOME", "LANG", "PATH"];
  // The shell itself adds PWD and the like.
  expect(
    names.filter((name) => !["PWD", "SHLVL", "OLDPWD", "_"].includes(name ?? "")).sort(),
  ).toEqual(set);
});

test("a flood of output is ended, and only its end is kept", async () => {
  const { end, root } = await runShell("yes a-long-line-of-output");

  expect(end).toMatchObject({ type: "failed", fault: "output" });
  expect(end.output.length).toBeLessThan(100_000);
  const [file = ""] = await readdir(join(root, "transcripts"));
  expect((await readFile(join(root, "transcripts", file))).length).toBeLessThan(3_000_000);
});

test("children that ignore signals, also in groups of their own, do not outlive it", async () => {
  const stubborn = `trap "" TERM; touch "$1"; while :; do sleep 1; done`;
  const { end, folder } = await runShell(
    `setsid sh -c '${stubborn}' x "$PWD/a" &
     env -i PATH="$PATH" setsid sh -c '${stubborn}' x "$PWD/b" &
     until [ -e a ] && [ -e b ]; do sleep 0.1; done; echo "$$"`,
  );

  expect(end.type).toBe("finished");
  expect(await listProcesses(folder)).toEqual([]);
});

test("one that ignores being told to end is killed", async () => {
  const interrupt = new AbortController();
  const session = { signal: interrupt.signal, onOutput: () => interrupt.abort() };
  const { end, folder } = await runShell(
    `trap "" TERM; echo "$PWD/up"; while :; do sleep 1; done`,
    { session },
  );

  expect(end).toMatchObject({ type: "failed", fault: "killed" });
  expect(await listProcesses(folder)).toEqual([]);
});

test("what a killed runner left running is ended by the next session", async () => {
  const command = ["sh", "-c", "echo done"];
  const { root, folder, run } = await buildScene({ command });
  const mark = "left-by-a-killed-runner";
  const env = { PATH: process.env.PATH, DISINTO_SESSION: mark };
  const left = spawn("sleep", ["600"], { env, stdio: "ignore", cwd: root });
  const gone = new Promise((resolve) => left.once("exit", (_, name) => resolve(name)));
  await mkdir(join(root, "state"), { recursive: true });
  await writeFile(join(root, "state", "session"), JSON.stringify({ mark, folders: [folder] }));

  await run();

  expect(await gone).toBe("SIGKILL");
});

test("a deleted folder, a missing program and the agreed exit codes have their classes", async () => {
  const deleted = await runShell('rm -rf "$PWD"');
  const missing = await runShell("", { command: ["/nowhere/agent"] });
  const codes = [1, 69, 75, 77, 127];
  const ends = await Promise.all(codes.map((code) => runShell(`echo why; exit ${code}`)));

  expect(deleted.end).toMatchObject({ fault: "exit", reason: expect.stringContaining("deleted") });
  expect(missing.end).toMatchObject({ fault: "missing" });
  expect(ends.map(({ end }) => end)).toMatchObject(
    ["exit", "unreachable", "overloaded", "refused-key", "missing"].map((fault) => {
      return { type: "failed", fault, reason: expect.stringContaining("why") };
    }),
  );
});

test("its JSON file is the verdict; anything else in it is none", async () => {
  const script = `echo '{"refused":"too-large","reason":"three parts"}' > "$DISINTO_RESULT"`;
  const refused = await runShell(script);
  const broken = await runShell('echo "approve!" > "$DISINTO_RESULT"');

  expect(refused.end).toMatchObject({ verdict: { refused: "too-large", reason: "three parts" } });
  expect(broken.end).toMatchObject({ type: "finished", verdict: undefined });
});

test("transcripts are redacted, and the oldest go", async () => {
  const redact = (text: string) => text.replaceAll("hunter2", "[PASSWORD]");
  const command = ["sh", "-c", "echo the word is hunter2; echo and hunter2 >&2"];
  const { root, run } = await buildScene({ command, transcripts: { redact, most: 2 } });
  for (let round = 0; round < 4; round++) await run();

  const files = await readdir(join(root, "transcripts"));
  const text = await readFile(join(root, "transcripts", files[0] ?? ""), "utf8");
  expect(files.length).toBe(2);
  expect(text.split("\n").sort()).toEqual(["", "and [PASSWORD]", "the word is [PASSWORD]"]);
});

/** Command lines that name the folder. */
async function listProcesses(folder: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return lines.filter((line) => line.includes(folder));
}
