import { expect, test } from "vitest";
import { DisintoError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import { type WaitTools, waitForForge } from "./forge-wait.ts";

const failure = new DisintoError("forge.unavailable", "no answer: closed");

function waiting(...answers: readonly (string | undefined)[]) {
  let nowMs = 0;
  let asked = 0;
  const said: string[] = [];
  const clock: Clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  };
  const tools: WaitTools = {
    clock,
    signal: new AbortController().signal,
    say: (line) => said.push(line),
    probeForge: async () => {
      const version = answers[Math.min(asked++, answers.length - 1)];
      return version === undefined ? { version, failure, isLasting: false } : { version };
    },
  };
  return { tools, said };
}

test("the wait ends when the forge answers, and says what it waits for", async () => {
  const { tools, said } = waiting(undefined, undefined, "11.0.3+gitea-1.22.0");

  await waitForForge(tools, "http://forge");

  expect(said).toEqual(["waiting for the forge at http://forge"]);
});

test("a forge that never answers is given up at the limit", async () => {
  const { tools } = waiting(undefined);

  await expect(waitForForge(tools, "http://forge", { limitMs: 5_000 })).rejects.toMatchObject({
    code: "forge.unavailable",
  });
});

test.each(["10.0.3+gitea-1.22.0", "1.22.0", "unknown"])(
  "a forge of version %s is refused at once, not waited for",
  async (version) => {
    const { tools, said } = waiting(version);

    await expect(waitForForge(tools, "http://forge")).rejects.toMatchObject({
      code: "forge.too-old",
    });
    expect(said).toEqual([]);
  },
);

test.each([true, false])(
  "what will not pass by itself ends the wait at once for a forge elsewhere, not for one that starts (%s)",
  async (isElsewhere) => {
    const { tools } = waiting("11.0.0");
    let asked = 0;
    const probeForge = async (url: string) => {
      asked += 1;
      return asked > 2
        ? tools.probeForge(url)
        : ({ version: undefined, failure, isLasting: true } as const);
    };

    const waited = waitForForge({ ...tools, probeForge }, "http://forge", { isElsewhere });

    if (isElsewhere) await expect(waited).rejects.toBe(failure);
    else await waited;
    expect(asked).toBe(isElsewhere ? 1 : 3);
  },
);
