/** Memory of the containers that `up` makes, by their cgroups, while there is nothing to do: the images are built for it. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const main = path.resolve("dist/main.js");
const name = `bench${process.pid}`;
/** What a bot has read by then it keeps. */
const looks = 10;
const everyMs = 3_000;

export async function measureContainers() {
  const base = ["disinto-base/node:host", "node:24.11.1-bookworm-slim"].find(
    (image) => spawnSync("docker", ["image", "inspect", image]).status === 0,
  );
  if (base === undefined) return [{ name: "containers: skipped, no Docker with a Node image" }];
  const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
  try {
    run(process.execPath, "scripts/images.mjs", "--tag", name, "--base", base);
    await configure(folder);
    return await measure(folder);
  } finally {
    for (const image of ["agents", "forge"])
      run("docker", "image", "rm", "--force", `disinto-${image}:${name}`);
    rmSync(folder, { recursive: true });
  }
}

async function measure(folder) {
  disinto(folder, "init", path.join(folder, "greeter"));
  try {
    disinto(folder, "up");
    return await watch();
  } finally {
    disinto(folder, "down", "--volumes", "--yes");
  }
}

async function configure(folder) {
  const port = await findFreePort();
  const env = { DISINTO_FORGE_PORT: port, DISINTO_NAME: name, DISINTO_IMAGE_TAG: name };
  const lines = Object.entries({ ...env, DISINTO_FORGE: "embedded" });
  writeFileSync(
    path.join(folder, ".env"),
    lines.map(([key, value]) => `${key}=${value}\n`).join(""),
  );
  const bot = 'harness = "command"\ncommand = ["true"]\n';
  const bots = `[agents.dev]\nroles = ["dev"]\n${bot}[agents.review]\nroles = ["review"]\n${bot}`;
  mkdirSync(path.join(folder, "projects"));
  const project = 'repo = "disinto-admin/greeter"\n[ci]\nrequired = ["ci/local/test"]\n';
  writeFileSync(path.join(folder, "projects/greeter.toml"), `${project}${bots}`);
  const repository = path.join(folder, "greeter");
  cpSync("demo/library", repository, { recursive: true });
  const identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
  const git = (...args) => execFileSync("git", args, { cwd: repository });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git(...identity, "commit", "--quiet", "--message", "x");
}

async function watch() {
  const most = new Map();
  for (let look = 0; look < looks; look++) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    const format = "{{.Name}} {{.MemUsage}}";
    const shown = run("docker", "stats", "--no-stream", "--format", format).toString();
    for (const line of shown.split("\n").filter((one) => one.startsWith(`${name}-`))) {
      const [service = "", used = ""] = line.slice(name.length + 1).split(" ");
      most.set(service, Math.max(most.get(service) ?? 0, toMb(used)));
    }
  }
  const limits = { "agents-dev": 80, "agents-review": 80, egress: 60 };
  return [...most].sort().map(([service, mb]) => {
    const atMost = limits[service];
    return { name: `${service}, idle, the most`, mb, ...(atMost && { atMost }) };
  });
}

function toMb(text) {
  const [, number, unit] = /^([\d.]+)(\w+)$/.exec(text) ?? [];
  return (Number(number) * { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }[unit]) / 1_000_000;
}

function disinto(folder, ...args) {
  run(process.execPath, main, "--factory", folder, ...args);
}

function run(file, ...args) {
  return execFileSync(file, args, { stdio: ["ignore", "pipe", "inherit"] });
}

function findFreePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
