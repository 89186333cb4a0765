import { expect, test } from "vitest";
import type { Issue } from "../../ports/forge.ts";
import type { BotTools } from "../tools.ts";
import { choose } from "./choosing.ts";

const listed = (number: number, author: string): Issue => ({
  number,
  title: `Issue ${number}`,
  body: "",
  author,
  state: "open",
  labels: ["backlog"],
  assignees: [],
  createdAt: "",
  updatedAt: "",
});

async function chooseAmong(issues: readonly Issue[], trustedAuthors: readonly string[] = []) {
  const project = {
    project: { name: "shop", trustedAuthors },
    writers: async () => ["ada"],
    mirror: { refresh: async () => new Map() },
    claims: { findOwn: async () => [], take: async () => true },
    issues: {
      listOpen: async () => issues,
      get: async (wanted: number) => issues.find(({ number }) => number === wanted),
      setAssignees: async () => undefined,
      relabel: async () => undefined,
    },
  };
  const clock = { sleep: async () => undefined };
  const tools = { projects: new Map([["shop", project]]), clock, pollIntervalMs: 1, user: "bot" };
  const outcome = await choose(tools as unknown as BotTools, new AbortController().signal);
  return outcome.type === "claimed" ? outcome.work.issue : outcome.type;
}

test("an issue of somebody who may write code is taken, an older one of a stranger waits", async () => {
  expect(await chooseAmong([listed(1, "eve"), listed(2, "ada")])).toBe(2);
  expect(await chooseAmong([listed(1, "eve")])).toBe("nothing-to-do");
});

test("a stranger who is listed is none", async () => {
  expect(await chooseAmong([listed(1, "eve"), listed(2, "ada")], ["eve"])).toBe(1);
});
