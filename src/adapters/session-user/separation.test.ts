import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { judgeOpenings } from "./separation.ts";

let data: string;
beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), "disinto-data-"));
});
afterEach(() => rm(data, { recursive: true }));

const open = [{ mount: "/home/ada/.claude", why: "it can be entered by everybody" }];
const hasWorked = () => writeFile(path.join(data, "events.jsonl"), "");

test("a new bot whose agent could read a mounted folder does not start", async () => {
  await expect(judgeOpenings(open, data)).rejects.toMatchObject({
    code: "users.not-separate",
    message: expect.stringContaining("/home/ada/.claude"),
  });
});

test("a bot of an earlier version goes on with the folder that was open before, and says so", async () => {
  await hasWorked();

  for (const _ of ["first start", "second start"])
    expect(await judgeOpenings(open, data)).toEqual([
      "the coding agent could read /home/ada/.claude: it can be entered by everybody",
    ]);
});

test("what was found shut once has to stay so", async () => {
  await hasWorked();
  expect(await judgeOpenings([], data)).toEqual([]);

  await expect(judgeOpenings(open, data)).rejects.toMatchObject({ code: "users.not-separate" });
});
