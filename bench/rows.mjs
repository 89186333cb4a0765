/** Figures as a table: what was measured, what it may be, and whether it is over. */
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const units = {
  ms: ["ms", 0],
  mb: ["MB", 0],
  count: ["", 1],
  percent: ["%", 1],
  cents: ["ct", 2],
  perHour: ["/h", 1],
};

export function runsAlone(url) {
  return process.argv[1] === fileURLToPath(url);
}

/** Sets the exit code to 1 when one is over. A row is `name`, a value in one unit, and what it may be. */
export function printRows(rows) {
  const shown = rows.map(formatRow);
  const width = Math.max(...shown.map(({ name }) => name.length));
  for (const { name, value, limit, verdict } of shown)
    console.log(
      `${name.padEnd(width)}  ${value.padStart(9)}  ${limit.padEnd(18)} ${verdict}`.trimEnd(),
    );
  const machine = `node ${process.version}, ${cpus().length} cores`;
  console.log(`\n${machine}; medians; repeat with: npm run bench`);
  if (shown.some(({ verdict }) => verdict === "OVER")) process.exitCode = 1;
}

function formatRow({ name, atMost, atLeast, ...row }) {
  const key = Object.keys(units).find((unit) => row[unit] !== undefined);
  if (key === undefined) return { name, value: "", limit: "", verdict: "" };
  const [unit, digits] = units[key];
  const show = (number) => `${number.toFixed(digits)} ${unit}`.trim();
  const value = row[key];
  const isOver = !(value <= (atMost ?? value) && value >= (atLeast ?? value));
  const limits = [
    atMost !== undefined && `at most ${show(atMost)}`,
    atLeast !== undefined && `at least ${show(atLeast)}`,
  ];
  return {
    name,
    value: show(value),
    limit: limits.filter(Boolean).join(", "),
    verdict: isOver ? "OVER" : "",
  };
}
