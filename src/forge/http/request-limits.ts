/**
 * How long a request may last. A transfer of git's may take as long as it moves; whoever sends a request of the API, or
 * moves nothing, holds a place for nothing and is ended.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What must have moved, in both directions, in each such time. */
export interface Pace {
  readonly everyMs: number;
  readonly bytes: number;
}

const PACE: Pace = { everyMs: 30 * 60_000, bytes: 2_000_000 };
const API_MS = 300_000;

/** Node's own limit on a request would end every push whose pack takes longer than five minutes. */
export function createForgeServer(): Server {
  return createServer({ keepAliveTimeout: 65_000, headersTimeout: 20_000, requestTimeout: 0 });
}

/** Ends a request of the API that has not come whole by then. */
export function limitApiRequest(request: IncomingMessage, limitMs = API_MS): void {
  const overdue = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, limitMs);
  request.once("close", () => clearTimeout(overdue));
}

/** Ends a transfer that does not keep the pace. */
export function limitTransfer(
  request: IncomingMessage,
  response: ServerResponse,
  { everyMs, bytes }: Pace = PACE,
): void {
  const { socket } = request;
  let moved = socket.bytesRead + socket.bytesWritten;
  const watch = setInterval(() => {
    const now = socket.bytesRead + socket.bytesWritten;
    if (now - moved < bytes) request.destroy();
    moved = now;
  }, everyMs);
  response.once("close", () => clearInterval(watch));
}
