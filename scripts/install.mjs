/** Before a build: checks the machine, and installs what the lockfile names where that is not done yet. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node 20.19 or newer is needed; this is ${process.version}`);
try {
  execFileSync("git", ["http-backend"], {
    stdio: "ignore",
    env: { ...process.env, GATEWAY_INTERFACE: "CGI/1.1" },
  });
} catch (error) {
  if (error.code === "ENOENT") fail("git is needed; install it with your system's package manager");
}
const version = execFileSync("git", ["--version"], { encoding: "utf8" });
const [gitMajor, gitMinor] = (/(\d+)\.(\d+)/.exec(version)?.slice(1) ?? ["0", "0"]).map(Number);
if (gitMajor < 2 || (gitMajor === 2 && gitMinor < 38))
  fail(`git 2.38 or newer is needed; this is ${version.trim()}`);

const installed = "node_modules/.package-lock.json";
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync("package-lock.json").mtimeMs) {
  say("installing the packages that package-lock.json names");
  install();
}

/** Not `npm ci`: it refuses a lockfile where a registry lacks another platform's optional package (npm issue 9846). */
function install() {
  const args = ["install", "--no-save", "--no-audit", "--no-fund"];
  const { status, error, stderr } = spawnSync("npm", args, {
    stdio: ["ignore", 2, "pipe"],
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  // npm's own lines: a code, then what it says of it; the rest is where it keeps its log.
  const lines = (stderr ?? "").split("\n").filter((line) => /^npm (error|ERR!) \S/.test(line));
  const [code = "", ...said] = lines.map((line) => line.replace(/^npm (error|ERR!) /, ""));
  const why = said.find((line) => !/^(errno|syscall|path|dest|A complete log)/.test(line));
  const what = error ? error.message : [code.replace(/^code /, ""), why].filter(Boolean).join(": ");
  say(`npm install failed: ${what || `exit code ${status}`}`);
  fail("its registry is what `npm config get registry` says; npm install shows all that it says");
}

function say(line) {
  const { name } = JSON.parse(readFileSync("package.json", "utf8"));
  process.stderr.write(`${name}: ${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(1);
}
