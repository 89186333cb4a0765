/** The dashboard of a large factory after a month: its start, its first page, its memory, and how soon an event is told. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { printRows, runsAlone } from "./rows.mjs";

const bots = 100;
const issues = 1_000;
const eventsPerIssue = 100;
const viewers = 20;
const DAY_MS = 86_400_000;

export async function measureDashboard() {
  const folder = mkdtempSync(path.join(tmpdir(), "disinto-bench-dashboard-"));
  writeMonth(path.join(folder, "data", "events"));
  const port = await findPort();
  const startMs = performance.now();
  const child = spawn(process.execPath, ["dist/main.js", "dashboard", "serve"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { PATH: process.env.PATH, ...describe(folder, port) },
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    const isUp = () =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isUp())) await new Promise((resolve) => setTimeout(resolve, 20));
    const upMs = performance.now() - startMs;
    const pageMs = await time(async () => (await fetch(`${url}/board`)).text());
    const tellMs = await measureTelling(url);
    const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
    return [
      {
        name: `dashboard, start with ${(issues * eventsPerIssue).toLocaleString("en")} events`,
        ms: upMs,
        atMost: 2_000,
      },
      { name: `  first page, ${bots} bots, ${issues} issues`, ms: pageMs, atMost: 300 },
      { name: `  event to ${viewers} viewers`, ms: tellMs, atMost: 1_000 },
      { name: "  memory, with them", mb: Number(kb) / 1024, atMost: 150 },
    ];
  } finally {
    child.kill();
    rmSync(folder, { recursive: true });
  }
}

function describe(folder, port) {
  return {
    DASHBOARD_PORT: String(port),
    DASHBOARD_DATA: path.join(folder, "data"),
    DASHBOARD_ENGINE: path.join(folder, "engine"),
    DASHBOARD_FACTORY: "bench",
    DASHBOARD_FACTORY_REPO: "owner/bench-factory",
    DASHBOARD_PROJECTS: "[]",
    DASHBOARD_OPEN: "1",
    DASHBOARD_FORGE_LINK: "http://127.0.0.1:9",
    FORGE_URL: "http://127.0.0.1:9",
    FORGE_TOKEN: "none",
    DISINTO_DASHBOARD_KEY: "key",
    DISINTO_EVENTS_TOKEN: "events",
  };
}

function writeMonth(folder) {
  mkdirSync(folder, { recursive: true });
  const beginMs = Date.now() - 30 * DAY_MS;
  for (let bot = 0; bot < bots; bot++) {
    const by = `bot-${bot}`;
    const lines = [];
    const tell = (atMs, event) =>
      lines.push(JSON.stringify({ time: new Date(atMs).toISOString(), by, ...event }));
    tell(beginMs, { type: "bot.started", roles: ["dev"], projects: ["shop"], model: "qwen" });
    for (let at = 0; at < issues / bots; at++)
      tellIssue(tell, bot * 10 + at, beginMs + at * 3 * DAY_MS);
    writeFileSync(path.join(folder, `${by}.jsonl`), `${lines.join("\n")}\n`);
  }
}

function tellIssue(tell, issue, atMs) {
  const about = { project: "shop", issue };
  tell(atMs, { type: "issue.claimed", ...about, title: `An issue of the month, number ${issue}` });
  const usage = {
    seconds: 60,
    turns: 9,
    toolCalls: 20,
    inputTokens: 90_000,
    outputTokens: 4_000,
    money: 0.1,
  };
  for (let round = 0; round < (eventsPerIssue - 4) / 4; round++) {
    const now = atMs + round * 60_000;
    tell(now, {
      type: "state.entered",
      ...about,
      at: "coding",
      reason: "the test of the cart stays red",
    });
    tell(now + 1, { type: "session.started", ...about, role: "dev" });
    tell(now + 2, { type: "session.ended", ...about, role: "dev", end: "finished", ...usage });
    tell(now + 3, { type: "state.entered", ...about, at: "checking", pull: issue + 1_000 });
  }
  if (issue % 10 === 0) return;
  tell(atMs + DAY_MS, { type: "pull.merged", ...about, pull: issue + 1_000, sha: "0123456789" });
  tell(atMs + DAY_MS, { type: "issue.released", ...about });
}

/** From writing it to the last viewer's hearing of it. */
async function measureTelling(url) {
  const seen = (await (await fetch(`${url}/healthz`)).json()).version;
  const streams = await Promise.all(
    Array.from({ length: viewers }, () => fetch(`${url}/live?seen=${seen}`)),
  );
  const readers = streams.map(({ body }) => body.getReader());
  const stream = request(`${url}/intake/bot-1`, {
    method: "POST",
    headers: { authorization: "Bearer events" },
  });
  stream.on("error", () => undefined);
  const heard = Promise.all(
    readers.map((reader) => hear(reader, `id: ${Number(seen.split(".")[0]) + 1}.`)),
  );
  const startMs = performance.now();
  const time = new Date().toISOString();
  stream.write(`${JSON.stringify({ time, by: "bot-1", type: "bot.stopped" })}\n`);
  await heard;
  const took = performance.now() - startMs;
  stream.destroy();
  for (const reader of readers) void reader.cancel();
  return took;
}

async function hear(reader, told) {
  for (;;) {
    const { value, done } = await reader.read();
    if (done || new TextDecoder().decode(value).includes(told)) return;
  }
}

async function time(act) {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
}

async function findPort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  server.close();
  return port;
}

if (runsAlone(import.meta.url)) printRows(await measureDashboard());
