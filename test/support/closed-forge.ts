/**
 * A forge under a path that answers nobody who is not signed in: stands before another one, and refuses strangers as
 * Forgejo 11.0.15 does with REQUIRE_SIGNIN_VIEW (routers/api/shared/middleware.go, routers/web/repo/githttp.go).
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const path = "/git";

export interface ClosedForge {
  readonly url: string;
  close(): void;
}

export async function closeForge(target: string): Promise<ClosedForge> {
  const server = createServer((asked, answer) => pass(target, asked, answer));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}${path}`, close };
}

function pass(target: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { method, url = "/", headers } = asked;
  if (!url.startsWith(`${path}/`)) {
    answer.writeHead(404).end("another service");
    return;
  }
  if (headers.authorization === undefined) {
    refuse(url, answer);
    return;
  }
  const passed = request(`${target}${url.slice(path.length)}`, { method, headers });
  passed.on("response", (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  passed.on("error", () => answer.destroy());
  asked.pipe(passed);
}

function refuse(url: string, answer: ServerResponse): void {
  if (url.startsWith(`${path}/api/`)) {
    const body = JSON.stringify({ message: "Only signed in user is allowed to call APIs." });
    answer.writeHead(403, { "content-type": "application/json" }).end(body);
    return;
  }
  answer.writeHead(401, { "www-authenticate": 'Basic realm="Forgejo"' }).end();
}
