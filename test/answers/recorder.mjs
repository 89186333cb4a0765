/**
 * Keeps every answer that an embedded forge in this process gives on its API, for the tests to hold against Forgejo's
 * description. It is put into the test processes, and into the command line that tests build; never into the product.
 */
import { ServerResponse } from "node:http";

/** Only the embedded forge sends it (src/forge/http/app.ts); what tests put in its place does not. */
const mark = "max-age=0, private, must-revalidate, no-transform";

/** Calls `keep` with `{ method, path, status, body }`, the body parsed where it is JSON. */
export function recordAnswers(keep) {
  const { writeHead, write, end } = ServerResponse.prototype;
  const heads = new WeakMap();
  const parts = new WeakMap();
  const add = (response, chunk) => {
    if (!heads.has(response) || chunk === undefined || typeof chunk === "function") return;
    parts.get(response).push(Buffer.from(chunk ?? ""));
  };
  ServerResponse.prototype.writeHead = function (status, ...rest) {
    const headers = rest.find((argument) => typeof argument === "object") ?? {};
    const path = apiPath(this.req);
    if (path !== undefined && headers["cache-control"] === mark) {
      heads.set(this, { method: this.req.method, path, status, type: headers["content-type"] });
      parts.set(this, []);
    }
    return writeHead.call(this, status, ...rest);
  };
  ServerResponse.prototype.write = function (chunk, ...rest) {
    add(this, chunk);
    return write.call(this, chunk, ...rest);
  };
  ServerResponse.prototype.end = function (chunk, ...rest) {
    add(this, chunk);
    const head = heads.get(this);
    heads.delete(this);
    if (head) keep(exchangeOf(head, Buffer.concat(parts.get(this)).toString()));
    return end.call(this, chunk, ...rest);
  };
}

function apiPath(request) {
  const url = request?.url ?? "";
  return url.startsWith("/api/v1/") && request.method !== "HEAD"
    ? url.slice("/api/v1".length)
    : undefined;
}

function exchangeOf({ method, path, status, type }, text) {
  return { method, path, status, body: type?.includes("json") ? JSON.parse(text) : text };
}
