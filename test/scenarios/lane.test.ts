import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  clearStage,
  closeStage,
  files,
  openStage,
  play,
  post,
  readMain,
  ready,
  scene,
  tryCheck,
  tryMerge,
} from "../support/stage.ts";

beforeAll(openStage);
afterEach(clearStage);
afterAll(closeStage);

test("a bot that lost two rounds holds the lane through CI while another, which is ready, waits", async () => {
  const [tired, fresh] = [play("dev-1"), play("dev-2")];
  const late = await ready(tired, "late", files("late"));
  await tryMerge(fresh, await ready(fresh, "ahead", files("ahead")));
  const ready2 = await ready(fresh, "waiting", files("waiting"));
  const patient = { ...late, counters: { lostRounds: 2 } };

  const outcome = await tryMerge(tired, patient);
  if (outcome.type !== "rebased") throw new Error(outcome.type);
  const waiting = tryMerge(fresh, ready2);
  const rebased = { ...patient, head: outcome.head };
  await post(outcome.head, "success");
  expect(await tryCheck(tired, rebased)).toEqual({ type: "green" });
  expect((await scene.view.refs()).has("refs/disinto/lanes/main")).toBe(true);
  expect(await tryMerge(tired, rebased)).toEqual({ type: "merged" });

  expect(await readMain()).toBe(outcome.head);
  expect(await waiting).toMatchObject({ type: "rebased" });
  expect((await scene.view.refs()).has("refs/disinto/lanes/main")).toBe(false);
});

test("the lane is left when its holder has to go back to the harness, and a dead holder's is taken over", async () => {
  const term = { AGENT_LEASE_TERM: "8" };
  const [holder, other] = [play("dev-1", term), play("dev-2", term)];
  const work = { ...(await ready(holder, "held", files("held"))), counters: { lostRounds: 2 } };
  const next = { ...(await ready(other, "next", files("next"))), counters: { lostRounds: 2 } };
  await tryMerge(other, await ready(other, "between", files("between")));
  const outcome = await tryMerge(holder, work);
  if (outcome.type !== "rebased") throw new Error(outcome.type);
  const rebased = { ...work, head: outcome.head };
  await post(outcome.head, "failure");
  const ref = "refs/disinto/lanes/main";

  expect((await scene.view.refs()).has(ref)).toBe(true);
  expect(await tryCheck(holder, rebased)).toMatchObject({ type: "red" });
  expect((await scene.view.refs()).has(ref)).toBe(false);

  await holder.target.claims.take(ref);
  holder.die();
  expect(await tryMerge(other, next)).toMatchObject({ type: "rebased" });
});
