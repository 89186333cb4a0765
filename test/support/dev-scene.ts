/** Dev bots, CI and a reviewer on one scene, played by a test: work that is ready to merge, and what becomes of it. */

import type { Status } from "../../src/ports/forge.ts";
import { check } from "../../src/roles/dev/activities/checking.ts";
import { merge } from "../../src/roles/dev/activities/merging.ts";
import { leaveLaneAfter } from "../../src/roles/dev/lane.ts";
import type { Outcome } from "../../src/roles/dev/machine.ts";
import type { PublishedWork } from "../../src/roles/dev/work.ts";
import { repo } from "./factory-description.ts";
import { Scene, Template } from "./scene.ts";
import { type Files, TestBot } from "./test-bot.ts";

export let scene: Scene;
let template: Template;
let bots: TestBot[] = [];

export async function openScene(): Promise<void> {
  template = await Template.create({
    devs: ["dev-1", "dev-2"],
    reviewers: ["review-1"],
    project: ['protected_paths = ["deploy/**"]'],
  });
  scene = await Scene.open(template);
}

export function stopBots(): void {
  for (const player of bots) player.kill();
  bots = [];
}

export async function closeScene(): Promise<void> {
  await scene?.close();
}

let started = 0;

/** Each in folders of its own: one test's bot is not an earlier life of another's. */
export function startBot(
  name: string,
  environment: Readonly<Record<string, string>> = {},
): TestBot {
  const home = `${scene.folder}/life-${++started}`;
  // Statuses are posted by the test: there are no runs to ask for.
  const folders = { AGENT_DATA: `${home}/data`, AGENT_REPOS: `${home}/repos`, CI_TOKEN: "" };
  const player = new TestBot(scene, name, { environment: { ...folders, ...environment } });
  bots.push(player);
  return player;
}

export const fileNamed = (name: string): Files => ({ [`src/${name}.txt`]: `${name}\n` });

export function postStatus(sha: string, state: Status["state"]): Promise<void> {
  const status = { context: "ci/local/test", state, description: `it is ${state}` };
  return scene.as("ci").statuses(repo).post(sha, status);
}

export function review(
  { pull, head }: PublishedWork,
  verdict: "approved" | "changes-requested" = "approved",
): Promise<void> {
  const one = { verdict, sha: head, body: "I read it", comments: [] };
  return scene.as("review-1").reviews(repo).submit(pull, one);
}

/** Green and approved. */
export async function publishReady(
  player: TestBot,
  title: string,
  changes: Files,
): Promise<PublishedWork> {
  const work = await player.start(title, changes);
  await postStatus(work.head, "success");
  await review(work);
  return work;
}

/** As the bot's loop does it. */
export async function tryMerge(player: TestBot, work: PublishedWork): Promise<Outcome<"merging">> {
  const outcome = await merge(player.tools, { at: "merging", work }, player.signal);
  return leaveLaneAfter(player.target, outcome);
}

export async function tryCheck(player: TestBot, work: PublishedWork): Promise<Outcome<"checking">> {
  const outcome = await check(player.tools, { at: "checking", work }, player.signal);
  return leaveLaneAfter(player.target, outcome);
}

export async function readMain(): Promise<string> {
  return (await scene.view.refs()).get("refs/heads/main") ?? "";
}
