/**
 * What a lease costs, and that one taker wins: real git pushes to a bare repository on this disk, so without HTTP.
 * `DISINTO_BENCH_RACES=10000 node bench/leases.mjs` runs all races; the default is a bounded number of them.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadSources } from "./source.mjs";

const rounds = 15;
const races = Number(process.env.DISINTO_BENCH_RACES ?? 20);
const takers = 16;

/** Rows of name and median; fails when a race had another number of winners than one. */
export async function measureLeases() {
  const sources = await loadSources([
    "src/adapters/git/mirror.ts",
    "src/adapters/system-clock.ts",
    "src/bot/leases/lease.ts",
  ]);
  const root = mkdtempSync(path.join(tmpdir(), "bench-"));
  try {
    const remote = path.join(root, "remote.git");
    execFileSync("git", ["init", "--quiet", "--bare", remote]);
    const open = (holder) => openTools(sources, { root, remote, holder });
    const rows = await measureActs(sources, await open("bench"));
    const row = await race(
      sources,
      await Promise.all(Array.from({ length: takers }, (_, at) => open(`taker-${at}`))),
    );
    return [...rows, row];
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function openTools({ buildMirror, systemClock }, { root, remote, holder }) {
  const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
  const mirror = buildMirror({ folder: path.join(root, `${holder}.git`), url: remote, access });
  await mirror.refresh();
  return { mirror, clock: systemClock, holder, newNonce: () => crypto.randomUUID() };
}

async function measureActs({ takeLease, renewLease, releaseLease }, tools) {
  const times = { take: [], renew: [], release: [] };
  for (let round = 1; round <= rounds; round++) {
    let lease = await timed(times.take, () => takeLease(tools, `refs/disinto/claims/${round}`));
    lease = await timed(times.renew, () => renewLease(tools, lease));
    await timed(times.release, () => releaseLease(tools, lease));
  }
  return Object.entries(times).map(([act, all]) => ({ name: `lease, ${act}`, ms: median(all) }));
}

/** Winners per race are printed: how many races had how many. */
async function race({ takeLease, releaseLease }, contenders) {
  const [first] = contenders;
  const byWinners = new Map();
  const times = [];
  for (let at = 1; at <= races; at++) {
    const ref = `refs/disinto/claims/${at}`;
    const taken = await timed(times, () =>
      Promise.all(contenders.map((tools) => takeLease(tools, ref))),
    );
    const won = taken.filter((lease) => lease !== undefined);
    byWinners.set(won.length, (byWinners.get(won.length) ?? 0) + 1);
    for (const lease of won) await releaseLease(first, lease);
    if (at % 500 === 0 || at === races) console.log(describeRaces(at, byWinners));
  }
  if (byWinners.get(1) !== races) throw new Error("a race had another number of winners than one");
  return { name: `lease, race of ${takers} takers`, ms: median(times) };
}

function describeRaces(held, byWinners) {
  const counts = [...byWinners].map(([winners, count]) => `${winners} in ${count}`).join(", ");
  return `${held} races of ${takers} takers, winners per race: ${counts}`;
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, ms } of await measureLeases()) console.log(`${name}  ${Math.round(ms)} ms`);
}
