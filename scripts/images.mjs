/**
 * Builds both images: `npm run images [-- --base IMAGE --tag TAG --agents]`. The bots' image has the coding agents in it,
 * on a local base only with `--agents`: there is often no registry to be reached where one builds on such. The application
 * and its production packages are laid out once on this machine, so both images hold the same files and the build itself
 * needs no network.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const { values } = parseArgs({
  options: {
    agents: { type: "boolean" },
    base: { type: "string" },
    tag: { type: "string", default: version },
    dist: { type: "string", default: "dist" },
  },
});
const context = mkdtempSync(path.join(tmpdir(), "disinto-images-"));
try {
  const app = path.join(context, "app");
  cpSync(values.dist, path.join(app, "dist"), { recursive: true });
  for (const part of [
    "dashboard",
    "demo",
    "prompts",
    "package.json",
    "package-lock.json",
    "LICENSE",
  ]) {
    cpSync(part, path.join(app, part), { recursive: true });
  }
  chmodSync(path.join(app, "dist", "main.js"), 0o755);
  cpSync("docker/agents/enter", path.join(context, "enter"));
  say("installing the packages that both images hold");
  run("npm", ["install", "--omit=dev", "--no-save", "--no-audit", "--no-fund"], app);
  const versions = JSON.parse(readFileSync("docker/agents/agents.json", "utf8"));
  const agents = (values.agents ?? values.base === undefined) ? Object.entries(versions) : [];
  openToReaders(context);
  const words = agents.map(([name, pinned]) => `${name}@${pinned}`).join(" ");
  const base =
    values.base ?? /^ARG BASE=(.*)$/m.exec(readFileSync("docker/agents/Dockerfile", "utf8"))[1];
  const digest = resolve(base);
  say(`on ${base}, ${digest}`);
  for (const name of ["agents", "forge"]) {
    const image = `disinto-${name}:${values.tag}`;
    const startMs = performance.now();
    say(`building ${image}${name === "agents" && words ? `, with ${words}` : ""}`);
    run("docker", [
      "build",
      "--tag",
      image,
      "--build-arg",
      `BASE=${base}`,
      "--build-arg",
      `BASE_DIGEST=${digest}`,
      ...(name === "agents" ? ["--build-arg", `AGENTS=${words}`] : []),
      "--file",
      `docker/${name}/Dockerfile`,
      context,
    ]);
    say(`${image} is built, in ${Math.round((performance.now() - startMs) / 1000)} s`);
    process.stdout.write(`${image}\n`);
  }
} catch (error) {
  process.stderr.write(`images: ${error.message}; what went wrong stands above\n`);
  process.exitCode = 1;
} finally {
  rmSync(context, { recursive: true, force: true });
}

/** The digest that the base's name stands for now: fetched if it is not here, so that the build takes this one. */
function resolve(base) {
  const ask = () => {
    const argv = ["image", "inspect", base];
    const said = execFileSync("docker", argv, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [{ RepoDigests, Id }] = JSON.parse(said);
    return RepoDigests?.[0]?.split("@")[1] ?? Id;
  };
  try {
    return ask();
  } catch {
    run("docker", ["pull", "--quiet", base]);
    return ask();
  }
}

/** Whatever the umask of the clone: in the images others than the owner read these files. */
function openToReaders(folder) {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) openToReaders(name);
    else if (entry.isFile()) chmodSync(name, statSync(name).mode & 0o100 ? 0o755 : 0o644);
  }
}

/** What is shown while it works; standard output names the images alone. */
function say(line) {
  process.stderr.write(`images: ${line}\n`);
}

function run(file, args, cwd = process.cwd()) {
  execFileSync(file, args, { cwd, stdio: ["ignore", 2, 2] });
}
