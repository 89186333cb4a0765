import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text as readStream } from "node:stream/consumers";
import { expect, test } from "vitest";
import { Redactor } from "../core/redactor.ts";
import { buildEventFile } from "./event-file.ts";
import { buildForge } from "./forgejo/forge.ts";
import { systemClock } from "./system-clock.ts";

const token = "0123456789abcdef";

function knowingToken(): (text: string) => string {
  const redactor = new Redactor();
  redactor.learn([["FORGE_TOKEN", token]]);
  return redactor.redact;
}

test("a bot's comment does not carry its own token to the forge", async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await readStream(request));
    response.writeHead(201).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const forge = buildForge({ url, token, redact: knowingToken() });

  await forge.issues({ owner: "a", name: "b" }).comment(1, `I found ${token} in the log`);
  server.close();

  expect(bodies.map((body) => JSON.parse(body))).toEqual([
    { body: "I found [FORGE_TOKEN] in the log" },
  ]);
});

test("a bot's events do not carry its token, neither in the file nor in its output", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-events-"));
  const file = path.join(folder, "events.jsonl");
  const lines: string[] = [];
  const events = buildEventFile({
    file,
    by: "ada",
    clock: systemClock,
    echo: (line) => lines.push(line),
    redact: knowingToken(),
  });

  events.append({ type: "failure", code: "x", message: `refused ${token}`, retryInMs: 1 });
  const written = await readFile(file, "utf8");
  await rm(folder, { recursive: true });

  expect(lines).toEqual([written]);
  expect(JSON.parse(written)).toMatchObject({ message: "refused [FORGE_TOKEN]" });
});
