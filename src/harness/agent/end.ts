/** Why a coding agent's session failed, from what its process, its stream and its model's server were seen to do. */
import { existsSync } from "node:fs";
import type { Session } from "../../ports/harness.ts";
import type { GatewayStats } from "../gateway/gateway.ts";
import {
  classifyEnd,
  describeExit,
  formatMinutes,
  type ProcessFault,
} from "../session/process-fault.ts";
import type { Tail } from "../session/tail.ts";
import type { AgentEvents } from "./agent.ts";
import type { ProcessEnd } from "./process.ts";

export interface Attempt {
  readonly end: ProcessEnd;
  readonly seen: GatewayStats;
  readonly events: AgentEvents;
  readonly output: Tail;
  /** An answer of the model was awaited when it was ended. */
  readonly wasWaiting: boolean;
  /** The limit that it came to. */
  readonly stop: ProcessFault | undefined;
}

/** Undefined when it did its work to the end. */
export function judgeEnd(
  name: string,
  session: Session,
  attempt: Attempt,
): ProcessFault | undefined {
  const { end, seen, events, wasWaiting, stop } = attempt;
  if (stop) return stop;
  if (end.cut === "silence" && wasWaiting) {
    const reason = `the model's server sent no output for ${formatMinutes(session.silenceMs)}`;
    return { fault: "stalled", reason };
  }
  const cut = classifyEnd(end, name, session);
  if (cut) return cut;
  // The server's own answer says more than what the agent makes of it.
  if (seen.fault) return seen.fault;
  if (events.failure) return events.failure;
  const exit = describeExit(end);
  if (end.exitCode !== 0)
    return { fault: "exit", reason: `${name} ${exit}\n${attempt.output.lastLines(20)}`.trimEnd() };
  if (seen.turns === 0)
    return { fault: "exit", reason: `${name} ${exit} without a request to the model` };
  if (existsSync(session.folder)) return undefined;
  return { fault: "exit", reason: `${name} deleted its work folder` };
}
