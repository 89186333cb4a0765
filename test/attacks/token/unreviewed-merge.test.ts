/** One stolen token, of a dev bot or of a review bot, against the primary branch: nothing gets there that nobody else has seen. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { PublishedWork } from "../../../src/roles/dev/work.ts";
import {
  closeScene,
  fileNamed,
  openScene,
  postStatus,
  publishReady,
  readMain,
  review,
  scene,
  startBot,
  stopBots,
  tryCheck,
  tryMerge,
} from "../../support/dev-scene.ts";
import { repo } from "../../support/factory-description.ts";

beforeAll(openScene);
afterEach(stopBots);
afterAll(closeScene);

const CONTEXT = "ci/local/test";

function postAs(login: string, sha: string, state: "success" | "failure"): Promise<void> {
  const status = { context: CONTEXT, state, description: "so it is" };
  return scene.as(login).statuses(repo).post(sha, status);
}

test("a reviewer who pushed to the branch approves it: the bot does not merge, by whoever's head it is", async () => {
  const dev = startBot("dev-1");
  const thief = startBot("review-1");
  const work = await publishReady(dev, "first", fileNamed("first"));
  const head = await thief.push(work, fileNamed("evil"));
  await postStatus(head, "success");
  const moved: PublishedWork = { ...work, head };
  await review(moved);
  const before = await readMain();

  const rebased = await tryMerge(dev, moved);
  if (rebased.type !== "rebased") throw new Error(rebased.type);
  const own = { ...moved, head: rebased.head, pushed: rebased.head };
  await postStatus(own.head, "success");
  await review(own);

  expect(await tryMerge(dev, own)).toMatchObject({
    type: "refused",
    cause: "approvals",
    reason: expect.stringMatching(/^review-1.* pushed to its branch/),
  });
  expect(await readMain()).toBe(before);
});

test("a head that another token pushed after the approval is not merged as it is", async () => {
  const dev = startBot("dev-1");
  const thief = startBot("dev-2");
  const work = await publishReady(dev, "second", fileNamed("second"));
  const head = await thief.push(work, fileNamed("evil"));
  await postStatus(head, "success");
  const before = await readMain();

  expect(await tryMerge(dev, work)).toEqual({ type: "moved", head });
  const outcome = await tryMerge(dev, { ...work, head });

  if (outcome.type !== "rebased") throw new Error(outcome.type);
  expect(await readMain()).toBe(before);
  const own = { ...work, head: outcome.head, pushed: outcome.head };
  await postStatus(own.head, "success");
  expect(await tryMerge(dev, own)).toMatchObject({ type: "refused", cause: "approvals" });
});

test("the thief's own request to merge is refused by the forge: nobody approved that head", async () => {
  const dev = startBot("dev-1");
  const thief = startBot("dev-2");
  const work = await publishReady(dev, "third", fileNamed("third"));
  const head = await thief.push(work, fileNamed("evil"));
  await postAs("dev-2", head, "success");
  const before = await readMain();

  const answer = await scene.as("dev-2").pulls(repo).merge(work.pull, head);

  expect(answer).toMatchObject({ type: "refused", cause: "approvals" });
  expect(await readMain()).toBe(before);
});

test.each(["dev-2", "review-1"])(
  "a status that %s posts in CI's name counts for no bot",
  async (login) => {
    const dev = startBot("dev-1");
    const work = await dev.start(`fourth by ${login}`, fileNamed(`fourth-${login}`));
    await postStatus(work.head, "failure");
    await postAs(login, work.head, "success");
    await review(work);

    expect(await tryCheck(dev, work)).toMatchObject({ type: "red" });

    await postStatus(work.head, "success");
    await postAs(login, work.head, "failure");
    expect(await tryCheck(dev, work)).toEqual({ type: "green" });
  },
);

test.each([".woodpecker/test.yml", "docker-compose.yml", "deploy/run.sh"])(
  "an approved change of %s is merged by no bot's token",
  async (file) => {
    const dev = startBot("dev-1");
    const work = await publishReady(dev, `change ${file}`, { [file]: "steps: []\n" });
    const before = await readMain();

    const answer = await scene.as("dev-1").pulls(repo).merge(work.pull, work.head);

    expect(answer).toMatchObject({ type: "refused", cause: "protected-files" });
    expect(await readMain()).toBe(before);
  },
);
