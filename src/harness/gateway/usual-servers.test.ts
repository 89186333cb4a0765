import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ModelServer } from "../../../test/model-server/server.ts";
import { findModels } from "./usual-servers.ts";

const never = new AbortController().signal;

async function serve(pages: Readonly<Record<string, object>>): Promise<number> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ""];
    response.writeHead(page ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(page ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("a llama-server and an Ollama are found on their ports, and a program that is no model's server is not", async () => {
  const llama = await ModelServer.start({ conversations: [], slots: 2, context: 16_384 });
  onTestFinished(() => llama.close());
  const ollama = await serve({ "/v1/models": { object: "list", data: [{ id: "qwen3:8b" }] } });
  const other = await serve({ "/": {} });
  const places = [
    { name: "llama-server", port: Number(new URL(llama.url).port) },
    { name: "Ollama", port: ollama },
    { name: "llama-server", port: other },
    { name: "Ollama", port: 1 },
  ];

  const found = await findModels(never, places);

  expect(found).toEqual([
    {
      ...places[0],
      facts: { kind: "llama-server", slots: 2, context: 16_384, models: ["default"] },
    },
    {
      ...places[1],
      facts: { kind: "other", slots: undefined, context: undefined, models: ["qwen3:8b"] },
    },
  ]);
});
