import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { DashboardScene, EVENTS_TOKEN } from "../../test/support/dashboard-scene.ts";
import { until } from "../../test/support/test-factory.ts";
import { EventLink } from "./event-link.ts";

let scene: DashboardScene | undefined;
let folder: string | undefined;
let link: EventLink | undefined;

afterEach(async () => {
  await link?.close();
  await scene?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

function line(second: number): string {
  const time = `2026-01-01T12:00:0${second}.000Z`;
  return `${JSON.stringify({ time, by: "ada", type: "issue.released", project: "shop", issue: second })}\n`;
}

test("a dashboard that is away is waited for, and gets all that was told meanwhile, once", async () => {
  folder = await mkdtemp(path.join(tmpdir(), "disinto-link-"));
  const file = path.join(folder, "events.jsonl");
  const opened = await DashboardScene.open();
  scene = opened;
  opened.stop();
  const told = new EventLink({ url: opened.url, token: EVENTS_TOKEN, by: "ada", file });
  link = told;
  const tell = async (second: number) => {
    await appendFile(file, line(second));
    told.offer(line(second));
  };
  told.start();
  await tell(1);

  await opened.start();
  await until("the first event arrived", async () => opened.view.history.count === 1);
  await tell(2);
  await until("the second event arrived", async () => opened.view.history.count === 2);
  opened.stop();
  await tell(3);
  await opened.start();
  await until("the third event arrived", async () => opened.view.history.count === 3);

  expect(opened.view.connections.get("ada")).toMatchObject({ isOpen: true });
  await told.close();
  await until("the bot said farewell", async () => !opened.view.connections.has("ada"));
});
