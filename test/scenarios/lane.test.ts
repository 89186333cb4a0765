import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  closeScene,
  fileNamed,
  openScene,
  postStatus,
  publishReady,
  readMain,
  scene,
  startBot,
  stopBots,
  tryCheck,
  tryMerge,
} from "../support/dev-scene.ts";

beforeAll(openScene);
afterEach(stopBots);
afterAll(closeScene);

test("a bot that lost two rounds holds the lane through CI while another, which is ready, waits", async () => {
  const [tired, fresh] = [startBot("dev-1"), startBot("dev-2")];
  const late = await publishReady(tired, "late", fileNamed("late"));
  await tryMerge(fresh, await publishReady(fresh, "ahead", fileNamed("ahead")));
  const ready2 = await publishReady(fresh, "waiting", fileNamed("waiting"));
  const patient = { ...late, counters: { lostRounds: 2 } };

  const outcome = await tryMerge(tired, patient);
  if (outcome.type !== "rebased") throw new Error(outcome.type);
  const waiting = tryMerge(fresh, ready2);
  const rebased = { ...patient, head: outcome.head, pushed: outcome.head };
  await postStatus(outcome.head, "success");
  expect(await tryCheck(tired, rebased)).toEqual({ type: "green" });
  expect((await scene.view.refs()).has("refs/disinto/lanes/main")).toBe(true);
  expect(await tryMerge(tired, rebased)).toEqual({ type: "merged" });

  expect(await readMain()).toBe(outcome.head);
  expect(await waiting).toMatchObject({ type: "rebased" });
  expect((await scene.view.refs()).has("refs/disinto/lanes/main")).toBe(false);
});

test("the lane is left when its holder has to go back to the harness, and a dead holder's is taken over", async () => {
  const term = { AGENT_LEASE_TERM: "8" };
  const [holder, other] = [startBot("dev-1", term), startBot("dev-2", term)];
  const work = {
    ...(await publishReady(holder, "held", fileNamed("held"))),
    counters: { lostRounds: 2 },
  };
  const next = {
    ...(await publishReady(other, "next", fileNamed("next"))),
    counters: { lostRounds: 2 },
  };
  await tryMerge(other, await publishReady(other, "between", fileNamed("between")));
  const outcome = await tryMerge(holder, work);
  if (outcome.type !== "rebased") throw new Error(outcome.type);
  const rebased = { ...work, head: outcome.head, pushed: outcome.head };
  await postStatus(outcome.head, "failure");
  const ref = "refs/disinto/lanes/main";

  expect((await scene.view.refs()).has(ref)).toBe(true);
  expect(await tryCheck(holder, rebased)).toMatchObject({ type: "red" });
  expect((await scene.view.refs()).has(ref)).toBe(false);

  await holder.target.claims.take(ref);
  holder.kill();
  expect(await tryMerge(other, next)).toMatchObject({ type: "rebased" });
});
