/**
 * The real Claude Code before a scripted model's server: what the runner adds to an attempt, and whether what the bots
 * record is what the server counted. Skipped, saying why, where the agent is not installed and cannot be.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { printRows, runsAlone } from "./rows.mjs";
import { loadSupport, median, openWorld, until } from "./world.mjs";

const attempts = Number(process.env.DISINTO_BENCH_ATTEMPTS ?? 7);
const issueCount = Number(process.env.DISINTO_BENCH_AGENT_ISSUES ?? 3);
/** One that has a price, so that there is a cost to record. */
const model = "claude-sonnet-4-5";

const script = {
  conversations: [
    {
      answers: [
        { acts: [{ write: { path: "greeting.txt", content: "hello\n" } }] },
        { acts: [{ bash: "cat greeting.txt" }] },
        { text: "The greeting is written." },
      ],
    },
  ],
};

export async function measureHarness() {
  const { installAgents, ModelServer } = await loadSupport();
  const agents = await installAgents();
  if ("missing" in agents) return [{ name: `agents: skipped, ${agents.missing}` }];
  const server = await ModelServer.start(script);
  const root = mkdtempSync(path.join(tmpdir(), "bench-"));
  try {
    const overhead = await measureOverhead({ agents, server, root });
    return [...overhead, ...(await measureTokens({ agents, server }))];
  } finally {
    await server.close();
    rmSync(root, { recursive: true });
  }
}

/** The two take turns, so that whatever slows the machine down slows both; the first of each is for the caches. */
async function measureOverhead({ agents, server, root }) {
  const { buildHarness, buildClaudeCode } = await loadSupport();
  const agent = buildClaudeCode({ program: agents.claude, compactPct: undefined });
  const asked = { baseUrl: server.url, name: model };
  const settings = { harness: "claude-code", dataFolder: root, model: asked };
  const environment = { ...process.env, PATH: `${agents.bin}:${process.env.PATH}` };
  const host = { environment, learnSecrets: () => {}, redact: (text) => text };
  const harness = buildHarness(settings, "dev", host);
  const [alone, run] = [[], []];
  for (let round = 0; round <= attempts; round++) {
    const session = buildSession(makeFolder(root, `alone-${round}`));
    const home = makeFolder(root, `home-${round}`);
    const aloneMs = await timed(() => runAlone(agent, session, { url: server.url, home }));
    const runMs = await timed(async () => {
      const end = await harness.run(buildSession(makeFolder(root, `run-${round}`)));
      if (end.type !== "finished") throw new Error(`the session failed: ${end.reason}`);
    });
    if (round === 0) continue;
    alone.push(aloneMs);
    run.push(runMs);
  }
  return [
    { name: "claude-code alone, 3 turns", ms: median(alone) },
    { name: "claude-code by the runner", ms: median(run) },
    { name: "  what the runner adds", ms: median(run.map((ms, round) => ms - alone[round])) },
  ];
}

function buildSession(folder) {
  return {
    folder,
    prompt: "please write a greeting",
    environment: {},
    timeoutMs: 120_000,
    silenceMs: 120_000,
    signal: new AbortController().signal,
  };
}

/** The same program with the same arguments, asking the model's server itself. */
async function runAlone(agent, session, { url, home }) {
  const asked = { url, word: "none", name: model, contextWindow: 131_072 };
  const { argv, env } = await agent.prepare({ model: asked, session });
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    cwd: session.folder,
    env: { PATH: process.env.PATH, HOME: home, LANG: "C.UTF-8", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(session.prompt);
  child.stdout.resume();
  child.stderr.resume();
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
}

/** What a bot's events say of its sessions beside the server's own count of the same requests. */
async function measureTokens({ agents, server }) {
  server.reset();
  const world = await openWorld({ devs: 1 });
  try {
    const environment = {
      PATH: `${agents.bin}:${process.env.PATH}`,
      AGENT_HARNESS: "claude-code",
      ANTHROPIC_BASE_URL: server.url,
      CLAUDE_MODEL: model,
    };
    const bot = world.start("dev-1", { environment });
    for (let at = 0; at < issueCount; at++) {
      server.script = scriptFor(at);
      await world.issues.open({ title: `Greet ${at}`, body: "Say hello.", labels: ["backlog"] });
      await until(`${at + 1} are merged`, () => {
        bot.assertRuns();
        return bot.of("pull.merged").length > at;
      });
    }
    return compare(bot.of("session.ended"), server.stats);
  } finally {
    await world.close();
  }
}

function scriptFor(at) {
  const write = { write: { path: `greeting-${at}.txt`, content: "hello\n" } };
  const answers = [{ acts: [write] }, { text: "The greeting is written." }];
  return { conversations: [{ answers }] };
}

function compare(sessions, stats) {
  const sum = (field) => sessions.reduce((all, session) => all + session[field], 0);
  const rows = ["turns", "inputTokens", "outputTokens"].flatMap((field) => {
    const [recorded, counted] = [sum(field), stats[field]];
    return [
      { name: `claude-code, ${field} per merged issue`, count: recorded / issueCount },
      { name: "  not as the server counted", count: Math.abs(recorded - counted), atMost: 0 },
    ];
  });
  return [
    ...rows,
    { name: "claude-code, cost per merged issue", cents: (100 * sum("money")) / issueCount },
  ];
}

function makeFolder(root, name) {
  const folder = path.join(root, name);
  mkdirSync(folder);
  return folder;
}

async function timed(act) {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

if (runsAlone(import.meta.url)) printRows(await measureHarness());
