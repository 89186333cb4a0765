/** Figures of the fleet: whole processes, medians, beside a bare `node -e 0` in the same run. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const main = path.resolve("dist/main.js");
const rounds = 7;

/** Rows of name, median, and what the median may be. */
export function measureFleet() {
  const bare = median(() => time(["-e", "0"]));
  const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
  try {
    return [
      { name: "node -e 0", ms: bare },
      { name: "disinto --version", ms: median(() => time([main, "--version"])), atMost: bare + 40 },
      ...measureGenerate(folder, bare),
      ...measureUp(folder),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measureGenerate(folder, bare) {
  const limits = { 1: bare + 150, 10: bare + 150, 100: bare + 150, 1000: bare + 500 };
  const rows = Object.entries(limits).map(([count, atMost]) => {
    configure(folder, Number(count));
    const ms = median(() => time([main, "--factory", folder, "generate"]));
    return { name: `generate, ${count} bots`, ms, atMost };
  });
  return [
    ...rows,
    { name: "generate, 1000 bots, peak memory", mb: measurePeak(folder), atMost: 200 },
  ];
}

function measurePeak(folder) {
  const report = 'process.on("exit", () => console.log(process.resourceUsage().maxRSS / 1024))';
  const loader = `data:text/javascript,${encodeURIComponent(report)}`;
  const { stdout } = spawnSync(
    process.execPath,
    ["--import", loader, main, "--factory", folder, "generate"],
    { encoding: "utf8" },
  );
  return Number(stdout.trim().split("\n").at(-1));
}

/** Against a real engine: a no-op `up`, and one that adds the eleventh bot, beside their engine calls. */
function measureUp(folder) {
  const base = ["disinto-base/node:host", "node:24-bookworm-slim", "node:20-bookworm-slim"].find(
    (image) => spawnSync("docker", ["image", "inspect", image]).status === 0,
  );
  if (base === undefined) return [{ name: "up: skipped, no Docker Engine with a Node image" }];
  const image = `disinto-bench:${process.pid}`;
  const stay = 'process.on("SIGTERM",()=>process.exit(0));setInterval(()=>{},1e6)';
  const entry = JSON.stringify(["node", "-e", stay, "--"]);
  docker(["build", "--quiet", "--tag", image, "-"], `FROM ${base}\nENTRYPOINT ${entry}\n`);
  try {
    return timeUps(folder, image);
  } finally {
    up(folder, "down", "--volumes");
    docker(["image", "rm", "--force", image]);
  }
}

function timeUps(folder, image) {
  configure(folder, 10, image);
  up(folder, "up");
  const noop = median(() => time([main, "--factory", folder, "up"]));
  const calls = median(() => timeCalls(folder));
  const [adding, starting] = [[], []];
  for (let round = 0; round < 3; round += 1) {
    configure(folder, 11, image);
    adding.push(time([main, "--factory", folder, "up"]));
    configure(folder, 10, image);
    up(folder, "up", "--remove");
    configure(folder, 11, image);
    up(folder, "generate");
    starting.push(timeOf(() => compose(folder, ["up", "--detach", "agents-llama-dev-10"])));
    configure(folder, 10, image);
    up(folder, "up", "--remove");
  }
  // Adding looks twice: before, and when it reads back what came of it.
  const engine = 2 * calls + middle(starting);
  return [
    { name: "engine calls of a no-op up", ms: calls },
    { name: "up, nothing to do, 10 bots", ms: noop, atMost: calls + 400 },
    { name: "engine calls of an up that adds one", ms: engine },
    { name: "up, one bot added to ten", ms: middle(adding), atMost: engine + 400 },
  ];
}

/** One look: what the engine is asked before a plan. */
function timeCalls(folder) {
  return timeOf(() => {
    docker(["ps", "--all", "--quiet"]);
    docker(["volume", "ls"]);
    const ids = docker(["ps", "--all", "--quiet"]).trim().split("\n").filter(Boolean);
    if (ids.length > 0) docker(["inspect", ...ids]);
    docker(["compose", "version", "--short"]);
    compose(folder, ["config", "--hash", "*"]);
    compose(folder, ["config", "--format", "json"]);
  });
}

function configure(folder, count, image = "disinto-agents:bench") {
  const bots = Array.from({ length: count }, (_, index) => `dev-${index}`);
  const credentials = bots.flatMap((bot) => {
    const suffix = bot.toUpperCase().replaceAll("-", "_");
    return [`FORGE_TOKEN_${suffix}=t`, `FORGE_PASS_${suffix}=p`];
  });
  const lines = [
    "DISINTO_NAME=bench",
    `DISINTO_FORGE_PORT=${39_000 + (process.pid % 1000)}`,
    `DISINTO_IMAGE_AGENTS=${image}`,
    `DISINTO_IMAGE_FORGEJO=${image}`,
    "LLAMA_BASE_URL=http://host.docker.internal:8081",
    `LLAMA_BOTS="${bots.join(" ")}"`,
    ...credentials,
  ];
  mkdirSync(path.join(folder, "projects"), { recursive: true });
  writeFileSync(path.join(folder, ".env"), `${lines.join("\n")}\n`);
  const project = 'repo = "acme/shop"\nci.provider = "external"\n';
  writeFileSync(path.join(folder, "projects/shop.toml"), project);
}

function up(folder, ...args) {
  execFileSync(process.execPath, [main, "--factory", folder, ...args], { stdio: "ignore" });
}

function compose(folder, args) {
  return docker(["compose", "--project-directory", folder, ...args]);
}

function docker(args, input = "") {
  const env = { ...process.env, DOCKER_BUILDKIT: "0" };
  return execFileSync("docker", args, {
    encoding: "utf8",
    input,
    env,
    stdio: ["pipe", "pipe", "ignore"],
  });
}

function time(args) {
  return timeOf(() => execFileSync(process.execPath, args, { stdio: "ignore" }));
}

function timeOf(act) {
  const start = performance.now();
  act();
  return performance.now() - start;
}

function median(measure) {
  return middle(Array.from({ length: rounds }, measure));
}

function middle(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
