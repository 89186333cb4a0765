/** How a failure reads on standard error: what, where, and the way out. */
import { DisintoError } from "../errors.ts";

export function formatFailure(error: unknown, version: string): string {
  if (!(error instanceof DisintoError)) return formatBug(error, version);
  const { location, message, hint } = error;
  const place = location ? `${location.file}:${location.line}:${location.column}  ` : "disinto: ";
  return [`${place}${message}`, ...(hint ? [`  hint: ${hint}`] : [])].join("\n");
}

/** For a program that asked for JSON; empty for a bug, which is for people. */
export function formatFailureJson(error: unknown): string {
  if (!(error instanceof DisintoError)) return "";
  const { code, message, hint, location } = error;
  return `${JSON.stringify({ error: { code, message, hint, location } }, undefined, 2)}\n`;
}

function formatBug(error: unknown, version: string): string {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    `disinto ${version}: this is a bug in disinto, not something you did`,
    trace.replaceAll(/^/gm, "  "),
    "  hint: report it with the command you ran and the lines above",
  ].join("\n");
}
