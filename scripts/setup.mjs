/** Before `npm start`, `npm test` and `npm run bench`: checks the machine, installs what the lockfile names, builds. */
import { execFileSync } from "node:child_process";
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
  // Not `npm ci`: it refuses a lockfile where a registry lacks another platform's optional package (npm issue 9846).
  npm(["install", "--no-save", "--no-audit", "--no-fund"]);
}
say("building");
npm(["run", "--silent", "build"]);

function npm(args) {
  // npm's own settings for the script it is running would confuse the npm that is run here.
  execFileSync("npm", args, { stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
}

function say(line) {
  const { name } = JSON.parse(readFileSync("package.json", "utf8"));
  process.stderr.write(`${name}: ${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(1);
}
