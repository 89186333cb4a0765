import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createForgeServer, limitApiRequest, limitTransfer } from "./request-limits.ts";

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Sends pieces of a body that does not end; answers whether it was ended, and how many of them it had sent. */
async function drip(pieces: number, size: number): Promise<{ ended: boolean; sent: number }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let ended = false;
  socket.on("close", () => (ended = true)).on("error", () => undefined);
  socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n");
  let sent = 0;
  for (; sent < pieces && !ended; sent++) {
    socket.write("x".repeat(size));
    await sleep(20);
  }
  socket.destroy();
  return { ended, sent };
}

test("a request lasts as long as it moves: neither node's own limit nor ours ends one that keeps the pace", async () => {
  server = createForgeServer();
  expect(server.requestTimeout).toBe(0);
  server.on("request", (request, response) => {
    request.resume();
    limitTransfer(request, response, { everyMs: 100, bytes: 500 });
  });

  expect(await drip(20, 1000)).toEqual({ ended: false, sent: 20 });
});

test("a transfer that drips is ended", async () => {
  server = createForgeServer();
  server.on("request", (request, response) => {
    request.resume();
    limitTransfer(request, response, { everyMs: 100, bytes: 500 });
  });

  expect(await drip(100, 1)).toMatchObject({ ended: true });
});

test("a request of the API that never comes whole is ended, and one that has come may be thought about", async () => {
  server = createForgeServer();
  server.on("request", (request) => {
    request.resume();
    limitApiRequest(request, 100);
  });
  expect(await drip(100, 1)).toMatchObject({ ended: true });

  const { port } = server.address() as AddressInfo;
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    limitApiRequest(request, 50);
    request.resume();
    setTimeout(() => response.end("thought"), 150);
  });
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "whole" });
  expect(await answer.text()).toBe("thought");
});
