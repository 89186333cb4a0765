/** A server that has not begun to answer: what shows that it reads, what does not, and when it is given up. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { watchPrompt } from "./prompt-watch.ts";

/** Its page /slots says, look by look, how many tokens are read; at the end the same for ever. */
async function startServer(reads: readonly number[]) {
  let looks = 0;
  let seen: () => unknown = () => undefined;
  const isSeen = new Promise<void>((resolve) => {
    seen = () => looks > reads.length && resolve();
  });
  const server = createServer((_, response) => {
    const processed = reads[Math.min(looks, reads.length - 1)];
    looks += 1;
    response.end(JSON.stringify([{ is_processing: true, n_prompt_tokens_processed: processed }]));
    seen();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, isSeen };
}

const options = { key: undefined, model: "m", firstTokenMs: undefined, onLate: () => undefined };

test("a llama-server that reads on is at work, and one whose slots stand still is not", async () => {
  const { baseUrl, isSeen } = await startServer([512, 1_024, 1_024, 1_536, 1_536]);
  let progress = 0;

  const stop = watchPrompt({
    ...options,
    baseUrl,
    kind: "llama-server",
    lookMs: 10,
    onProgress: () => {
      progress += 1;
    },
  });
  await isSeen;
  stop();

  expect(progress).toBe(2);
});

test("a server that can say nothing is at work until first_token_minutes are over, and then late", async () => {
  let progress = 0;
  const late = new Promise<void>((resolve) => {
    watchPrompt({
      ...options,
      baseUrl: "http://127.0.0.1:1",
      kind: "other",
      lookMs: 10,
      firstTokenMs: 200,
      onProgress: () => {
        progress += 1;
      },
      onLate: resolve,
    });
  });

  await late;

  expect(progress).toBeGreaterThan(2);
});
