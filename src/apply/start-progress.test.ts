import { expect, test } from "vitest";
import type { ObservedContainer } from "../ports/containers.ts";
import { startWithProgress } from "./start-progress.ts";

const seen = (service: string, id: string, running = true): ObservedContainer => ({
  ...{ service, id, running, name: service, hash: "", imageId: undefined },
  ...{ properties: new Map(), ours: true, isSeparate: true, state: "" },
});

/** Each look sees the next of these states; the start ends when the last but one was seen. */
async function follow(states: readonly (readonly ObservedContainer[])[]) {
  const lines: string[] = [];
  let end: () => void = () => undefined;
  const started = new Promise<void>((resolve) => {
    end = resolve;
  });
  let looks = 0;
  const observe = async () => {
    const containers = states[Math.min(looks++, states.length - 1)] ?? [];
    if (looks === states.length - 1) end();
    return { containers, volumes: new Map() };
  };
  const clock = { now: () => new Date(0), monotonicMs: () => 0, sleep: async () => undefined };
  const say = (line: string) => void lines.push(line);
  await startWithProgress({ containers: { observe }, say, clock }, ["a", "b", "c"], () => started);
  return lines;
}

test("each service is told once, when its new container runs", async () => {
  const other = seen("forgejo", "f");

  expect(
    await follow([
      [other, seen("a", "old"), seen("b", "b", false)],
      [other, seen("a", "old"), seen("b", "b")],
      [other, seen("a", "new"), seen("b", "b")],
      [other, seen("a", "new"), seen("b", "b"), seen("c", "c")],
    ]),
  ).toEqual(["  b is running (1 of 3)", "  a is running (2 of 3)", "  c is running (3 of 3)"]);
});

test("a failed start is a failure, whatever was seen", async () => {
  const containers = { observe: async () => ({ containers: [], volumes: new Map() }) };
  const clock = { now: () => new Date(0), monotonicMs: () => 0, sleep: async () => undefined };
  const tools = { containers, clock, say: () => undefined };

  await expect(
    startWithProgress(tools, ["a"], () => Promise.reject(new Error("no image"))),
  ).rejects.toThrow("no image");
});
