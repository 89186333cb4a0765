/**
 * What N bots bring about together: on independent issues, with CI that takes no time and CI that takes some; and on
 * overlapping files, with the lane and without. The whole curve: `DISINTO_BENCH_WHOLE=1 node bench/throughput.mjs`.
 * Each part can be set: DISINTO_BENCH_BOTS=1,2,4 DISINTO_BENCH_THINK=20 DISINTO_BENCH_CI=0,30 DISINTO_BENCH_ROUNDS=2.
 */
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { readPhases } from "./phases.mjs";
import { printRows, runsAlone } from "./rows.mjs";
import {
  buildVariant,
  describeOwnFile,
  loadSupport,
  median,
  openWorld,
  pollSeconds,
  until,
} from "./world.mjs";

const whole = process.env.DISINTO_BENCH_WHOLE === "1";
const botCounts = readNumbers("BOTS", whole ? [1, 2, 4, 8, 16] : [1, 2, 4]);
const [thinkSeconds] = readNumbers("THINK", [whole ? 20 : 5]);
const ciSeconds = readNumbers("CI", whole ? [0, 30] : [0, 5]);
/** Merges that are waited for, per bot; the first is not measured. */
const [rounds] = readNumbers("ROUNDS", [3]);
const [overlapBots] = readNumbers("OVERLAP", [whole ? 8 : 4]);
const MS_PER_HOUR = 3_600_000;

function readNumbers(name, usual) {
  return process.env[`DISINTO_BENCH_${name}`]?.split(",").map(Number) ?? usual;
}

export async function measureThroughput() {
  console.log(
    `bots side by side: ${thinkSeconds} s thinking (asleep), poll ${pollSeconds} s, ${rounds - 1} rounds of merges;` +
      ` bots, forge and git share ${cpus().length} cores`,
  );
  const rows = [];
  for (const ci of ciSeconds) rows.push(...(await measureCurve(ci)));
  return rows;
}

/** At N bots: nine tenths of what N bots alone would do, or of what the primary branch can take, whichever is less. */
async function measureCurve(ci) {
  const rows = [];
  let one;
  for (const bots of botCounts) {
    const { perHour, heldMs, lostRounds, phases } = await work({
      bots,
      ci,
      describe: describeOwnFile,
    });
    one ??= { perHour: perHour / bots };
    const atLeast = 0.9 * Math.min(bots * one.perHour, MS_PER_HOUR / heldMs);
    rows.push(
      { name: `${bots} bots, CI ${ci} s, merges`, perHour, ...(bots > 1 && { atLeast }) },
      { name: "  the primary branch held by one merge", ms: heldMs },
      { name: "  rounds lost per merge", count: lostRounds },
    );
    console.log(`${bots} bots, CI ${ci} s: ${perHour.toFixed(1)}/h; an issue took ${phases}`);
  }
  return rows;
}

/** Every issue adds its line to one of two sorted files: most merges make every other head conflict or stand behind. */
export async function measureLane() {
  const ci = ciSeconds.at(-1);
  const variant = {
    file: "src/roles/dev/retries.ts",
    from: "LANE_AFTER = 2",
    to: "LANE_AFTER = 1e9",
  };
  const programs = {
    "with the lane": undefined,
    "without it": await buildVariant("laneless", variant),
  };
  const rows = [];
  for (const [name, program] of Object.entries(programs)) {
    const done = await work({ bots: overlapBots, ci, describe: describeLine, program });
    const what = `${overlapBots} bots on overlapping files, CI ${ci} s, ${name}`;
    rows.push(
      { name: `${what}, merges`, perHour: done.perHour },
      { name: "  rounds lost per merge", count: done.lostRounds },
      { name: "  claim to merge", ms: median(done.livesMs) },
      { name: "  claim to merge, the slowest", ms: Math.max(...done.livesMs) },
    );
  }
  return rows;
}

function describeLine(name, at) {
  return `\`\`\`lines src/list-${at % 2}.txt\n${name}\n\`\`\`\n`;
}

/** One issue more for each bot than is waited for, so that none runs out of work before the end. */
async function work({ bots, ci, describe, program }) {
  const { scriptedCoder } = await loadSupport();
  const coder = [...scriptedCoder, "--think-ms", String(thinkSeconds * 1000)];
  const world = await openWorld({ devs: bots, coder, ciMs: ci * 1000 });
  try {
    const running = world.names.map((name) => world.start(name, program && { program }));
    const assertAllRun = () => {
      for (const bot of running) bot.assertRuns();
    };
    const all = (type) => running.flatMap((bot) => bot.of(type));
    await until("all bots have begun", () => {
      assertAllRun();
      return all("bot.started").length === bots;
    });
    await sleep(2 * pollSeconds * 1000);
    const sinceMs = Date.now();
    const open = (_, at) => openIssue(world, describe, at);
    await Promise.all(Array.from({ length: (rounds + 1) * bots }, open));
    const wanted = rounds * bots;
    await until(
      `${wanted} are merged`,
      () => {
        assertAllRun();
        return all("pull.merged").length >= wanted;
      },
      (wanted + 3) * (thinkSeconds + ci + 60) * 1000,
    );
    const merges = all("pull.merged")
      .sort((a, b) => a.ms - b.ms)
      .slice(0, wanted);
    // A first round of all is the lead-in: bots that begin together think together.
    const measuredMs = merges.at(-1).ms - merges[bots - 1].ms;
    return {
      perHour: ((wanted - bots) * MS_PER_HOUR) / measuredMs,
      phases: formatPhases(running, merges, sinceMs),
      heldMs: median(merges.map((merge) => readHeld(running, merge))),
      lostRounds: all("budget.charged").filter(isLostRound).length / wanted,
      livesMs: merges.map(({ issue, ms }) => ms - claimOf(all, issue).ms),
    };
  } finally {
    await world.close();
  }
}

/** Seconds in each state, on average over the issues merged. */
function formatPhases(running, merges, sinceMs) {
  const sums = new Map();
  for (const { issue, by } of merges) {
    const own = running.flatMap(({ events }) => events).filter((event) => event.by === by);
    const events = own.filter((event) => event.issue === issue);
    const thinkingMs = events
      .filter(({ type }) => type === "session.ended")
      .reduce((sum, { seconds }) => sum + seconds * 1000, 0);
    const claimed = events.find(({ type }) => type === "issue.claimed");
    const before = own.findLast(({ type, ms }) => type === "issue.released" && ms <= claimed.ms);
    const phases = readPhases(events, { sinceMs: before?.ms ?? sinceMs, thinkingMs });
    for (const [at, ms] of phases) sums.set(at, (sums.get(at) ?? 0) + ms);
  }
  const shown = [...sums].map(([at, ms]) => `${at} ${(ms / merges.length / 1000).toFixed(1)} s`);
  return shown.join(", ");
}

async function openIssue({ issues }, describe, at) {
  const name = `part-${at}`;
  const body = describe(name, at);
  await issues.open({ title: `Add ${name}`, body, labels: ["backlog"] });
}

function claimOf(all, wanted) {
  return all("issue.claimed").find(({ issue }) => issue === wanted);
}

const isLostRound = ({ cause }) => cause === "lostRounds";

/** From when the head that was merged stood, which nothing else may overtake, to its merge. */
function readHeld(running, { ms: mergedMs, issue, by }) {
  const own = running.flatMap(({ events }) => events).filter((event) => event.by === by);
  const checks = own.filter(
    ({ type, at, ms, issue: other }) =>
      type === "state.entered" && at === "checking" && other === issue && ms <= mergedMs,
  );
  return mergedMs - checks.at(-1).ms;
}

if (runsAlone(import.meta.url))
  printRows([...(await measureThroughput()), ...(await measureLane())]);
