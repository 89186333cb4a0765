/**
 * `npm run bench`: every figure as one table, with what it may be; exits 1 when one is over. `npm run bench -- life lane`
 * takes only these parts.
 */
import { measureDashboard } from "./dashboard.mjs";
import { measureFleet } from "./fleet.mjs";
import { measureForge } from "./forge.mjs";
import { measureHarness } from "./harness.mjs";
import { measureLeases } from "./leases.mjs";
import { measureLife } from "./life.mjs";
import { measureReview } from "./review.mjs";
import { printRows } from "./rows.mjs";
import { measureSeparation } from "./separation.mjs";
import { measureLane, measureThroughput } from "./throughput.mjs";

const parts = {
  dashboard: measureDashboard,
  fleet: measureFleet,
  leases: measureLeases,
  forge: measureForge,
  life: measureLife,
  throughput: measureThroughput,
  lane: measureLane,
  review: measureReview,
  harness: measureHarness,
  separation: measureSeparation,
};
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}`);
  process.exit(2);
}
const rows = [];
for (const name of asked.length > 0 ? asked : Object.keys(parts)) {
  console.error(`measuring: ${name}`);
  try {
    rows.push(...(await parts[name]()));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
printRows(rows);
