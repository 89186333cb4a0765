/** How the gateway itself refuses a request, in the form of the model APIs. */
import type { ServerResponse } from "node:http";

const errorTypes: Readonly<Record<number, string>> = {
  401: "authentication_error",
  404: "not_found_error",
  413: "request_too_large",
};

export function sendError(response: ServerResponse, status: number, message: string): void {
  const error = { type: errorTypes[status] ?? "permission_error", message };
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ type: "error", error }));
}
