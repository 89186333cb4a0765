/** Figures of the fleet: whole processes, medians, beside a bare `node -e 0` in the same run. */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const main = path.resolve("dist/main.js");
const rounds = 11;

/** Rows of name, median, and what the median may be. */
export async function measureFleet() {
  const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
  try {
    return [
      ...measureStarts(folder),
      { name: "generate, 1000 bots, peak memory", mb: measurePeak(folder), atMost: 200 },
      ...(await measureUp(folder)),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Each round runs everything once, so that whatever slows the machine down slows all of it, bare node too. A factory is
 * written as after an edit of `.env`, over the file of the round before; once also as on the first day, with none.
 */
function measureStarts(folder) {
  const cases = [
    { name: "disinto --version", args: ["--version"], above: 60 },
    ...[
      { count: 1, above: 170 },
      { count: 10, above: 170 },
      { count: 100, above: 190 },
      { count: 100, above: 190, first: true },
      { count: 1000, above: 540 },
    ].map((one) => ({ ...one, ...describeGenerate(folder, one) })),
  ];
  const bare = [];
  const times = cases.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    bare.push(time(["-e", "0"]));
    for (const [index, { args, prepare }] of cases.entries()) {
      prepare?.(round);
      times[index].push(time([main, ...args]));
    }
  }
  const bareMs = middle(bare);
  const rows = cases.map(({ name, above }, index) => {
    const over = middle(times[index].map((ms, round) => ms - bare[round]));
    return { name, ms: bareMs + over, atMost: bareMs + above };
  });
  return [{ name: "node -e 0", ms: bareMs }, ...rows];
}

function describeGenerate(folder, { count, first = false }) {
  const factory = path.join(folder, first ? `${count}-first` : String(count));
  const prepare = (round) => {
    configure(factory, count, `disinto-agents:bench-${round}`);
    if (first) rmSync(path.join(factory, "docker-compose.yml"), { force: true });
  };
  prepare(-1);
  if (!first) up(factory, "generate");
  const name = `generate, ${count} ${count === 1 ? "bot" : "bots"}${first ? ", the first time" : ""}`;
  return { name, args: ["--factory", factory, "generate"], prepare };
}

function measurePeak(folder) {
  const report = 'process.on("exit", () => console.log(process.resourceUsage().maxRSS / 1024))';
  const loader = `data:text/javascript,${encodeURIComponent(report)}`;
  const { stdout } = spawnSync(
    process.execPath,
    ["--import", loader, main, "--factory", path.join(folder, "1000"), "generate"],
    { encoding: "utf8" },
  );
  return Number(stdout.trim().split("\n").at(-1));
}

/** Against a real engine: a no-op `up`, and one that adds the eleventh bot, beside their engine calls. */
async function measureUp(folder) {
  const base = ["disinto-base/node:host", "node:24-bookworm-slim", "node:20-bookworm-slim"].find(
    (image) => spawnSync("docker", ["image", "inspect", image]).status === 0,
  );
  if (base === undefined) return [{ name: "up: skipped, no Docker Engine with a Node image" }];
  const image = `disinto-bench:${process.pid}`;
  const stay = 'process.on("SIGTERM",()=>process.exit(0));setInterval(()=>{},1e6)';
  const entry = JSON.stringify(["node", "-e", stay, "--"]);
  docker(["build", "--quiet", "--tag", image, "-"], `FROM ${base}\nENTRYPOINT ${entry}\n`);
  try {
    return await timeUps(folder, image);
  } finally {
    up(folder, "down", "--volumes", "--yes");
    docker(["image", "rm", "--force", image]);
  }
}

async function timeUps(folder, image) {
  configure(folder, 10, image);
  up(folder, "up");
  const [noop, calls] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    noop.push(time([main, "--factory", folder, "up"]));
    calls.push(await timeLook(folder));
  }
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
  const look = middle(calls);
  // Adding looks twice: before, and when it reads back what came of it.
  const engine = 2 * look + middle(starting);
  return [
    { name: "engine calls of a no-op up", ms: look },
    { name: "up, nothing to do, 10 bots", ms: middle(noop), atMost: look + 400 },
    { name: "engine calls of an up that adds one", ms: engine },
    { name: "up, one bot added to ten", ms: middle(adding), atMost: engine + 400 },
  ];
}

/** What the engine is asked before a plan, side by side as `up` asks it. */
async function timeLook(folder) {
  const start = performance.now();
  await ask("ps", "--all", "--filter", `label=com.docker.compose.project.working_dir=${folder}`);
  await Promise.all([
    ask("compose", "version", "--short"),
    ask("compose", "--project-directory", folder, "config", "--hash", "*"),
    askForImages(folder),
    askForContainers(),
  ]);
  return performance.now() - start;
}

async function askForImages(folder) {
  const config = await ask("compose", "--project-directory", folder, "config", "--format", "json");
  const images = Object.values(JSON.parse(config).services).map(({ image }) => image);
  await ask("inspect", "--type", "image", ...new Set(images));
}

async function askForContainers() {
  const filter = "label=com.docker.compose.project=bench";
  const [ids] = await Promise.all([
    ask("ps", "--all", "--no-trunc", "--quiet", "--filter", filter),
    ask("volume", "ls", "--filter", filter),
  ]);
  const inspected = JSON.parse(
    await ask("inspect", "--type", "container", ...ids.trim().split("\n")),
  );
  await ask("inspect", "--type", "image", ...new Set(inspected.map(({ Image }) => Image)));
}

async function ask(...args) {
  const { stdout } = await promisify(execFile)("docker", args, { maxBuffer: 64_000_000 });
  return stdout;
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

function middle(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
