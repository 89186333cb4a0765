import { expect, test } from "vitest";
import type { Step } from "../core/step.ts";
import { execute } from "./execute.ts";

type Action = { kind: "write"; word: string } | { kind: "erase" };

function record(open: readonly Step<Action>[] = []) {
  const done: string[] = [];
  const run = (...actions: readonly Action[]) =>
    execute<Action>({
      steps: actions.map((action) => ({ action, because: "of the test" })),
      handlers: {
        write: async ({ word }) => done.push(`write ${word}`),
        erase: async () => done.push("erase"),
      },
      replan: async () => {
        done.push("look again");
        return open;
      },
      explain: (left) => new Error(`left: ${left.map(({ action }) => action.kind).join()}`),
    });
  return { done, run };
}

test("each step is carried out by the handler of its kind, in order, and then looked at again", async () => {
  const { done, run } = record();

  await run({ kind: "write", word: "a" }, { kind: "erase" }, { kind: "write", word: "b" });

  expect(done).toEqual(["write a", "erase", "write b", "look again"]);
});

test("what is still planned afterwards is a failure", async () => {
  const { run } = record([{ action: { kind: "erase" }, because: "still there" }]);

  await expect(run({ kind: "erase" })).rejects.toThrow("left: erase");
});

test("where nothing is to do, nobody looks again", async () => {
  const { done, run } = record();

  await run();

  expect(done).toEqual([]);
});
