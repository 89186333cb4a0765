import { expect, test } from "vitest";
import { listContexts } from "./contexts.ts";

const branches = { primary: "main", work: "fix/issue-1" };
const steps = "steps:\n  - image: x\n    commands: [a]\n";

function contexts(files: Readonly<Record<string, string>>): readonly string[] {
  const all = Object.entries(files).map(([path, when]) => ({ path, text: `${when}${steps}` }));
  return listContexts(all, branches);
}

test("a file counts by the event by which it hears of a bot's change, and not at all if by none", () => {
  expect(
    contexts({
      ".woodpecker/both.yml": "when:\n  - event: [push, pull_request]\n",
      ".woodpecker/deploy.yaml": "when:\n  - event: push\n    branch: main\n",
      ".woodpecker/every.yml": "",
      ".woodpecker/push.yml": "when:\n  event: push\n",
      ".woodpecker/release.yml": "when:\n  - event: tag\n",
      ".woodpecker/work.yml": "when:\n  - event: push\n    branch: fix/*\n",
    }),
  ).toEqual([
    "ci/woodpecker/pr/both",
    "ci/woodpecker/pr/every",
    "ci/woodpecker/push/push",
    "ci/woodpecker/push/work",
  ]);
});

test("one that runs for some paths only is not waited for", () => {
  expect(
    contexts({ ".woodpecker/docs.yml": "when:\n  - event: pull_request\n    path: docs/**\n" }),
  ).toEqual([]);
});

test("a matrix posts one for each of its combinations", () => {
  const matrix = "when:\n  - event: pull_request\nmatrix:\n  NODE: [20, 22]\n  DB: [a]\n";

  expect(contexts({ ".woodpecker/test.yml": matrix })).toEqual([
    "ci/woodpecker/pr/test/1",
    "ci/woodpecker/pr/test/2",
  ]);
});

test("the file at the root counts where the folder has none", () => {
  const when = "when:\n  - event: pull_request\n";

  expect(contexts({ ".woodpecker.yml": when, ".woodpecker.yaml": when })).toEqual([
    "ci/woodpecker/pr/woodpecker",
  ]);
  expect(contexts({ ".woodpecker.yml": when, ".woodpecker/a.yml": when })).toEqual([
    "ci/woodpecker/pr/a",
  ]);
});

test("what this product's own CI would refuse still has its status", () => {
  const text = "when:\n  - event: pull_request\nservices:\n  - image: db\nlabels: {a: b}\n";

  expect(
    contexts({ ".woodpecker/a.yml": text, ".woodpecker/b.yml": "when: {event: [nonsense]}\n" }),
  ).toEqual(["ci/woodpecker/pr/a", "ci/woodpecker/pr/b"]);
});
