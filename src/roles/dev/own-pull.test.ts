import { expect, test } from "vitest";
import type { ProjectTools } from "../../bot/tools.ts";
import { DisintoError } from "../../errors.ts";
import type { Pull } from "../../ports/forge.ts";
import { openPullOnce, reopenOwn } from "./own-pull.ts";

/** A forge with these pull requests, which takes titles that begin with this for drafts. */
function buildPulls(draftPrefix: string, standing: readonly Partial<Pull>[] = []) {
  const all = standing.map((one, at) => ({ number: at + 1, state: "open", ...one }) as Pull);
  const edits: unknown[] = [];
  const shown = (pull: Pull): Pull => ({ ...pull, isDraft: pull.title.startsWith(draftPrefix) });
  const find = (number: number) => all.findIndex((one) => one.number === number);
  const pulls = {
    listOpen: async () => all.filter(({ state }) => state === "open").map(shown),
    get: async (number: number) => shown(all[find(number)] as Pull),
    open: async (request: Partial<Pull>) => {
      all.push({ number: all.length + 1, state: "open", ...request } as Pull);
    },
    edit: async (number: number, change: Partial<Pull>) => {
      edits.push({ number, ...change });
      all[find(number)] = { ...(all[find(number)] as Pull), ...change };
    },
  };
  return { pulls, edits };
}

function open(pulls: object, title = "Maybe: add tea") {
  const project = { name: "shop", primaryBranch: "main" };
  return openPullOnce({ pulls, project } as unknown as ProjectTools, { issue: 7, title });
}

test("whether it is a draft is read back, and words that make it one here are left out of its title", async () => {
  const { pulls, edits } = buildPulls("Maybe:");

  const pull = await open(pulls);

  expect(pull).toMatchObject({ number: 1, head: "fix/issue-7", base: "main", isDraft: false });
  expect(edits).toEqual([{ number: 1, title: "Issue 7" }]);
});

test("what is no draft keeps its title", async () => {
  const { pulls, edits } = buildPulls("WIP:");

  expect((await open(pulls)).title).toContain("add tea");
  expect(edits).toEqual([]);
});

test("one that is there is taken as it is, and of two that are there after all the lowest stays", async () => {
  const head = "fix/issue-7";
  const { pulls, edits } = buildPulls("WIP:", [{ head: "other", title: "x" }]);
  const opened = pulls.open;
  const together = async (request: Partial<Pull>) => {
    await opened({ ...request, title: "the first" });
    await opened(request);
    throw new DisintoError("forge.conflict", "there is one");
  };

  expect(await open({ ...pulls, open: together })).toMatchObject({ number: 2, title: "the first" });
  expect(edits).toEqual([{ number: 3, state: "closed" }]);
  expect(await open({ ...pulls, open: () => Promise.reject(new Error("again")) })).toMatchObject({
    number: 2,
    head,
  });
});

test("a refusal is one, and what was opened and is not listed is said", async () => {
  const { pulls } = buildPulls("WIP:");
  const refused = new DisintoError("forge.forbidden", "no");

  await expect(open({ ...pulls, open: () => Promise.reject(refused) })).rejects.toBe(refused);
  await expect(open({ ...pulls, open: async () => undefined })).rejects.toMatchObject({
    code: "forge.invalid",
  });
});

test("one that the bot closed to tell the CI again, and has opened since it was read, is no person's closing", async () => {
  const { pulls, edits } = buildPulls("WIP:", [{ title: "x" }]);
  const acts = (...types: readonly string[]) => {
    const timeline = async () => types.map((type) => ({ type, author: "Dev" }));
    return { pulls, timeline, bots: async () => ["dev"] } as unknown as ProjectTools;
  };
  const read = { number: 1, state: "closed", merged: false } as Pull;

  expect(await reopenOwn(acts("closed", "reopened"), read)).toMatchObject({ state: "open" });
  expect(edits).toEqual([]);
  expect(await reopenOwn(acts("reopened", "closed"), read)).toMatchObject({ state: "open" });
  expect(edits).toEqual([{ number: 1, state: "open" }]);
});
