/** A conflict as the harness is told of it, with both sides of each file, whatever it is called. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  closeScene,
  openScene,
  publishReady,
  startBot,
  stopBots,
  tryMerge,
} from "../support/dev-scene.ts";
import type { Files } from "../support/test-bot.ts";

beforeAll(openScene, 120_000);
afterEach(stopBots);
afterAll(closeScene);

test("a conflict is shown to the harness from both sides", async () => {
  const [one, other] = [startBot("dev-1"), startBot("dev-2")];
  const mine = await publishReady(one, "mine", { "src/same.txt": "mine\n" });
  const theirs = await publishReady(other, "theirs", { "src/same.txt": "theirs\n" });
  await tryMerge(one, mine);

  const outcome = await tryMerge(other, theirs);

  expect(outcome).toMatchObject({ type: "conflicted" });
  const reason = "reason" in outcome ? outcome.reason : "";
  expect(reason).toMatch(/main changed the same lines in src\/same\.txt/);
  expect(reason).toMatch(
    /Theirs, up to \w{10} \(mine\):[\s\S]*\+mine[\s\S]*Yours, up to \w{10} \(theirs\):[\s\S]*\+theirs/,
  );
});

test("names that git quotes reach the harness with both sides, whatever stands before them", async () => {
  const [one, other] = [startBot("dev-1"), startBot("dev-2")];
  const names = ["naïve file.txt", 'a "quoted" one.txt', "tab\there.txt"];
  const all = (text: string): Files => ({
    "src/a-long-one.txt": `${text} again\n`.repeat(2_000),
    ...Object.fromEntries(names.map((name, at) => [name, `${text} in ${at}\n`])),
  });
  const first = await publishReady(one, "mine", all("mine"));
  const second = await publishReady(other, "theirs", all("theirs"));
  await tryMerge(one, first);

  const outcome = await tryMerge(other, second);

  const [, mine = "", yours = ""] =
    /Theirs, up to([\s\S]*)Yours, up to([\s\S]*)/.exec("reason" in outcome ? outcome.reason : "") ??
    [];
  for (const at of names.keys()) {
    expect(mine).toContain(`+mine in ${at}\n`);
    expect(yours).toContain(`+theirs in ${at}\n`);
  }
});
