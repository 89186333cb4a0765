import { expect, test } from "vitest";
import { readLease, readNote } from "./record.ts";

const saying = (text: string) => ({ mirror: { objects: { readMessage: async () => text } } });

test.each(["", "{", "null", "7", '"text"', "true"])(
  "a commit that says %j is nobody's lease, lasts no time and carries nothing",
  async (text) => {
    expect(await readLease(saying(text), "sha")).toEqual({
      holder: "",
      termMs: 0,
      counters: {},
      facts: {},
    });
    expect(await readNote(saying(text), "sha")).toBeUndefined();
  },
);

test("what is no count, no text, or no object at all is left out of a lease, and the rest stays", async () => {
  const note = {
    holder: 7,
    termMs: 1e15,
    counters: { zero: 0, three: 3, less: -1, half: 0.5, text: "3", no: null },
    facts: { pin: "abc", count: 3, no: null },
  };

  expect(await readLease(saying(JSON.stringify(note)), "sha")).toEqual({
    holder: "",
    termMs: 24 * 60 * 60_000,
    counters: { zero: 0, three: 3 },
    facts: { pin: "abc" },
  });
  for (const other of [null, 7, "text", undefined]) {
    const text = JSON.stringify({ holder: "ada", termMs: 5, counters: other, facts: other });
    const empty = { holder: "ada", termMs: 5, counters: {}, facts: {} };
    expect(await readLease(saying(text), "sha")).toEqual(empty);
  }
  const below = JSON.stringify({ holder: "ada", termMs: -1 });
  expect((await readLease(saying(below), "sha")).termMs).toBe(0);
});

test("a failure to read the commit is a failure", async () => {
  const away = {
    mirror: { objects: { readMessage: () => Promise.reject(new Error("never fetched")) } },
  };

  await expect(readNote(away, "sha")).rejects.toThrow("never fetched");
});
