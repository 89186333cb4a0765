/**
 * One bot's figures: what an issue takes from its label to its merge, and where; what it asks of the forge; what an idle
 * one costs. `DISINTO_BENCH_ISSUES=15 DISINTO_BENCH_IDLE=30 node bench/life.mjs`.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { readPhases } from "./phases.mjs";
import { printRows, runsAlone } from "./rows.mjs";
import { describeOwnFile, median, openWorld, pollSeconds, until } from "./world.mjs";

const issueCount = Number(process.env.DISINTO_BENCH_ISSUES ?? 15);
const idleSeconds = Number(process.env.DISINTO_BENCH_IDLE ?? 30);
/** Open issues that are nobody's work, beside the one at hand: another page of them for each fifty. */
const otherIssues = 150;

export async function measureLife() {
  const world = await openWorld({ devs: 1 });
  try {
    const port = await findFreePort();
    const bot = world.start("dev-1", { port });
    await until("the bot has begun", () => bot.of("bot.started").length > 0 || bot.assertRuns());
    const idle = await measureIdle(bot);
    const lives = [];
    const few = await countRequests(bot, async () => {
      for (let at = 0; at < issueCount; at++) lives.push(await follow(world, bot, `few-${at}`));
    });
    for (let at = 0; at < otherIssues; at++)
      await world.issues.open({ title: `Other ${at}`, body: "", labels: [] });
    const again = Math.min(issueCount, 5);
    const many = await countRequests(bot, async () => {
      for (let at = 0; at < again; at++) await follow(world, bot, `many-${at}`);
    });
    return [...idle, ...rowsOfLives(lives), ...rowsOfRequests(few, many, again)];
  } finally {
    await world.close();
  }
}

/** From just before the label is set; the issue stands open already, as people's issues do. */
async function follow({ issues }, bot, name) {
  const title = `Add ${name}`;
  const body = describeOwnFile(name);
  const { number } = await issues.open({ title, body, labels: [] });
  const labelledMs = Date.now();
  await issues.relabel(number, { add: ["backlog"], remove: [] });
  const own = (type) => bot.of(type).find(({ issue }) => issue === number);
  const merged = await until(`#${number} is merged`, () => own("pull.merged") ?? bot.assertRuns());
  await until(`the bot is free`, () => own("issue.released"));
  const events = bot.events.filter(({ issue, ms }) => issue === number && ms >= labelledMs - 1000);
  const session = events.find(({ type }) => type === "session.ended");
  const thinkingMs = session.seconds * 1000;
  return {
    ms: merged.ms - labelledMs - thinkingMs,
    phases: readPhases(events, { sinceMs: labelledMs, thinkingMs }),
  };
}

function rowsOfLives(lives) {
  const name = "bot, label to merge, less thinking";
  const phases = [...lives[0].phases.keys()].map((at) => ({
    name: `  of it ${at}`,
    ms: median(lives.map(({ phases }) => phases.get(at) ?? 0)),
  }));
  return [{ name, ms: median(lives.map(({ ms }) => ms)), atMost: 5000 }, ...phases];
}

async function countRequests(bot, act) {
  const before = await bot.readTraffic();
  await act();
  return subtract(await bot.readTraffic(), before);
}

function subtract(after, before) {
  const kinds = Object.keys(after);
  return Object.fromEntries(kinds.map((kind) => [kind, after[kind] - (before[kind] ?? 0)]));
}

function rowsOfRequests(few, many, again) {
  return Object.keys(few).flatMap((kind) => [
    { name: `bot, ${kind} requests per merged issue`, count: few[kind] / issueCount },
    { name: `  beside ${otherIssues} other open issues`, count: (many[kind] ?? 0) / again },
  ]);
}

/** A poll is one reading of the forge's refs. Git's processes count as the bot's. */
async function measureIdle(bot) {
  await sleep(3000);
  const [traffic, spent] = [await bot.readTraffic(), readProcessor(bot.pid)];
  await sleep(idleSeconds * 1000);
  const seen = subtract(await bot.readTraffic(), traffic);
  const { own, all } = readProcessor(bot.pid);
  const share = (ticks, before) => (100 * (ticks - before)) / ticksPerSecond() / idleSeconds;
  const requests = Object.values(seen).reduce((sum, count) => sum + count, 0);
  return [
    {
      name: `idle bot, requests per poll, a poll each ${pollSeconds} s`,
      count: requests / seen.refs,
    },
    { name: "idle bot, memory", mb: readMemory(bot.pid), atMost: 80 },
    { name: "idle bot, share of a core", percent: share(own, spent.own) },
    { name: "  with its git processes", percent: share(all, spent.all) },
  ];
}

function readMemory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024) / 1_000_000;
}

/** Ticks of the process alone, and with all of its children that have ended. */
function readProcessor(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [user, system, ofChildren, systemOfChildren] = fields.slice(11, 15);
  const own = user + system;
  return { own, all: own + ofChildren + systemOfChildren };
}

function ticksPerSecond() {
  return Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
}

function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

if (runsAlone(import.meta.url)) printRows(await measureLife());
