/** Pictures of every view of the dashboard, and the two of the README, from the factory that its tests make up. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const [kept] = process.argv.slice(2);
const folder = kept ? path.resolve(kept) : mkdtempSync(path.join(tmpdir(), "disinto-pictures-"));
const argv = ["exec", "--", "vitest", "run", "test/dashboard/pages.test.ts", "-t", "every view"];
const env = {
  ...process.env,
  DISINTO_SCREENSHOTS: folder,
  DISINTO_REQUIRE_CHROMIUM: "1",
  DISINTO_SOAK: "1",
};
const { status } = spawnSync("npm", argv, { stdio: "inherit", env });
if (status !== 0) process.exit(1);
copyFileSync(path.join(folder, "overview-1600-light.png"), "docs/dashboard-light.png");
copyFileSync(path.join(folder, "board-1600-dark.png"), "docs/dashboard-dark.png");
if (!kept) rmSync(folder, { recursive: true });
