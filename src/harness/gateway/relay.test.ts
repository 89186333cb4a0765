import { expect, test } from "vitest";
import { Relay } from "./relay.ts";

function open(isStream = true) {
  const seen: string[] = [];
  const relay = new Relay({
    isStream,
    onProgress: () => seen.push("progress"),
    onFirst: () => seen.push("first"),
  });
  return { seen, relay, take: (text: string) => String(relay.take(Buffer.from(text))) };
}

const progress = (processed: number) =>
  `data: {"choices":[],"prompt_progress":{"total":9,"processed":${processed}}}\n\n`;

test("a server that says how far it reads shows progress as long as it gets on, and the agent sees none of it", () => {
  const { seen, take, relay } = open();

  expect(take(progress(0) + progress(4) + progress(4) + progress(9))).toBe("");
  expect(seen).toEqual(["progress", "progress"]);
  expect(relay.text).toBe("");
});

test("a comment that keeps the connection goes on to the agent and is no progress", () => {
  const { seen, take } = open();

  expect(take(":\n\n")).toBe(":\n\n");
  expect(seen).toEqual([]);
});

test("events are told apart wherever the network cuts them", () => {
  const { seen, take, relay } = open();
  const event = 'data: {"choices":[{"delta":{"content":"ü"}}]}\r\n\r\n';
  const bytes = Buffer.from(event + progress(3) + event);

  const passed = [...bytes].map((byte) => relay.take(Buffer.from([byte])));

  expect(String(Buffer.concat([...passed, relay.end()]))).toBe(event + event);
  expect(relay.text).toBe(event + event);
  expect(seen.filter((one) => one === "first")).toHaveLength(1);
  expect(take("")).toBe("");
});

test("an answer that is no stream passes as it is", () => {
  const { seen, take } = open(false);

  expect(take('{"a":')).toBe('{"a":');
  expect(seen).toEqual(["first", "progress"]);
});
