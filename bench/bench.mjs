/** `npm run bench`: every figure as one table, with what it may be; exits 1 when one is over. */
import { cpus } from "node:os";
import { measureFleet } from "./fleet.mjs";
import { measureForge } from "./forge.mjs";
import { measureLeases } from "./leases.mjs";

const rows = [...(await measureFleet()), ...(await measureLeases()), ...(await measureForge())];
const shown = rows.map(({ name, ms, mb, atMost }) => {
  const unit = mb === undefined ? "ms" : "MB";
  const value = ms ?? mb;
  const limit = atMost === undefined ? "" : `at most ${Math.round(atMost)} ${unit}`;
  const verdict = atMost === undefined || value <= atMost ? "" : "OVER";
  return [name, value === undefined ? "" : `${Math.round(value)} ${unit}`, limit, verdict];
});
const width = Math.max(...shown.map(([name]) => name.length));
for (const [name, value, limit, verdict] of shown)
  console.log(
    `${name.padEnd(width)}  ${value.padStart(8)}  ${limit.padEnd(16)} ${verdict}`.trimEnd(),
  );
console.log(
  `\nnode ${process.version}, ${cpus().length} cores; medians; repeat with: npm run bench`,
);
process.exitCode = shown.some(([, , , verdict]) => verdict === "OVER") ? 1 : 0;
