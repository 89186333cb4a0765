/** Before `npm start`, `npm test` and `npm run bench`: checks the machine, installs what the lockfile names, builds. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import "./install.mjs";

const { name } = JSON.parse(readFileSync("package.json", "utf8"));
process.stderr.write(`${name}: building\n`);
// npm's own settings for the script it is running would confuse the npm that is run here.
const { status } = spawnSync("npm", ["run", "--silent", "build"], {
  stdio: ["ignore", 2, 2],
  shell: process.platform === "win32",
});
if (status !== 0) process.exit(1);
