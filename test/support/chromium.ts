/** A real Chromium of this machine. Nothing is fetched for it; `DISINTO_REQUIRE_CHROMIUM=1` makes its absence a failure. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const chromiumPath = places.find((path) => existsSync(path));
export const chromiumMissing = `no Chromium is installed (${places[0]}; on Debian: apt install chromium)`;
if (!chromiumPath && process.env.DISINTO_REQUIRE_CHROMIUM === "1") throw new Error(chromiumMissing);

export function openChromium(): Promise<Browser> {
  if (!chromiumPath) throw new Error(chromiumMissing);
  // As root a browser has no sandbox of its own; what it opens here is ours alone.
  return chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
}
