/** What a lease costs: real git pushes to a bare repository on this disk, so without HTTP. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadSources } from "./source.mjs";

const rounds = 15;

/** Rows of name and median. */
export async function measureLeases() {
  const { buildMirror, systemClock, takeLease, renewLease, releaseLease } = await loadSources([
    "src/adapters/git/mirror.ts",
    "src/adapters/system-clock.ts",
    "src/bot/leases/lease.ts",
  ]);
  const root = mkdtempSync(path.join(tmpdir(), "bench-"));
  try {
    const remote = path.join(root, "remote.git");
    execFileSync("git", ["init", "--quiet", "--bare", remote]);
    const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
    const mirror = buildMirror({ folder: path.join(root, "mirror.git"), url: remote, access });
    await mirror.refresh();
    const tools = {
      mirror,
      clock: systemClock,
      holder: "bench",
      newNonce: () => crypto.randomUUID(),
    };
    const times = { take: [], renew: [], release: [] };
    for (let round = 1; round <= rounds; round++) {
      let lease = await timed(times.take, () => takeLease(tools, `refs/disinto/claims/${round}`));
      lease = await timed(times.renew, () => renewLease(tools, lease));
      await timed(times.release, () => releaseLease(tools, lease));
    }
    return Object.entries(times).map(([act, all]) => ({ name: `lease, ${act}`, ms: median(all) }));
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function timed(times, act) {
  const start = performance.now();
  const result = await act();
  times.push(performance.now() - start);
  return result;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
