/** How the end of a session's process is worded and classed, before anybody looks at what it said. Pure. */
import type { Session, SessionFault } from "../../ports/harness.ts";
import type { ProcessEnd } from "../agent/process.ts";

export interface ProcessFault {
  readonly fault: SessionFault;
  readonly reason: string;
}

/** Undefined when it ran to its own end, however that was. */
export function classifyEnd(
  { cut, unstarted }: ProcessEnd,
  file: string,
  { timeoutMs, silenceMs }: Pick<Session, "timeoutMs" | "silenceMs">,
): ProcessFault | undefined {
  if (unstarted?.missing)
    return { fault: "missing", reason: `${file} is not installed: ${unstarted.message}` };
  if (unstarted) return { fault: "exit", reason: `${file} did not start: ${unstarted.message}` };
  switch (cut) {
    case "wall-time":
      return { fault: cut, reason: `${file} did not finish within ${formatMinutes(timeoutMs)}` };
    case "silence":
      return { fault: cut, reason: `${file} wrote nothing for ${formatMinutes(silenceMs)}` };
    case "output":
      return { fault: cut, reason: `${file} exceeded its output limit` };
    case "killed":
      return { fault: cut, reason: `${file} was stopped before it finished` };
    case "stopped":
    case undefined:
      return undefined;
  }
}

export function describeExit({ exitCode, signalName }: ProcessEnd): string {
  return exitCode === undefined ? `was ended by ${signalName}` : `ended with ${exitCode}`;
}

export function formatMinutes(ms: number): string {
  return `${Number((ms / 60_000).toFixed(2))} minutes`;
}
