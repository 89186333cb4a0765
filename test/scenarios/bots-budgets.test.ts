import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { repo } from "../support/factory-description.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template;
let scene: Scene;

beforeAll(async () => {
  template = await Template.create({ devs: ["dev-1", "dev-2"], reviewers: [] });
});

beforeEach(async () => {
  scene = await Scene.open(template);
});

afterEach(() => scene.close());

/** Three more than the first. */
const ATTEMPTS = 4;

/** Its first, third … run fails; the others last until the scene is free, so that a kill comes in the midst of one. */
function formatHarness(folder: string): string {
  return [
    `cd ${folder}; echo . >> runs; echo "the model is confused"`,
    "[ $(($(wc -l < runs) % 2)) = 1 ] && exit 1",
    `while [ -e ${folder} ] && [ ! -e free ]; do sleep 0.1; done; exit 1`,
  ].join("\n");
}

function start(name: string): void {
  scene.startBot(name, {
    ...scene.environmentOf(name),
    AGENT_COMMAND: JSON.stringify(["sh", "-c", formatHarness(scene.folder)]),
    AGENT_LEASE_TERM: "4",
  });
}

async function countRuns(): Promise<number> {
  const runs = await readFile(path.join(scene.folder, "runs"), "utf8").catch(() => "");
  return runs.length / 2;
}

async function beginsRun(number: number, name: string): Promise<void> {
  await until(`run ${number} has begun`, async () => {
    if (!scene.processes.isRunning(name)) throw new Error(scene.processes.output(name));
    return (await countRuns()) >= number;
  });
}

async function chargesOf(name: string): Promise<readonly unknown[]> {
  const events = await scene.events(name);
  return events
    .filter(({ type, cause }) => type === "budget.charged" && cause === "attempts")
    .map(({ spent }) => spent);
}

async function blockedOnce(): Promise<void> {
  await until("a person is asked", async () =>
    (await scene.view.issues()).some(({ labels }) => labels.includes("blocked")),
  );
  const [issue] = await scene.view.issues();
  expect(issue?.comments.map(({ body }) => body)).toEqual([
    expect.stringMatching(/the budget for attempts is exhausted:[\s\S]*the model is confused/),
  ]);
}

async function open(): Promise<void> {
  await scene.forge.issues(repo).open({ title: "Too hard", body: "", labels: ["backlog"] });
}

test("a bot killed after each failure gets no more attempts than the budget, also without its volume, and says so once", async () => {
  await open();
  const charged: unknown[] = [];
  for (let life = 1; life < ATTEMPTS; life++) {
    start("dev-1");
    await beginsRun(2 * life, "dev-1");
    await scene.processes.kill("dev-1");
    charged.push(...(await chargesOf("dev-1")));
    await scene.dropVolume("dev-1");
  }
  await scene.write("free", "");
  start("dev-1");
  await blockedOnce();
  await scene.processes.stop("dev-1");

  charged.push(...(await chargesOf("dev-1")));
  expect(charged).toEqual([1, 2, 3, 4]);
});

test("a bot that takes over goes on with the budget that is left, and says its end once", async () => {
  await open();
  start("dev-1");
  await beginsRun(2, "dev-1");
  await scene.processes.kill("dev-1");
  await scene.write("free", "");
  start("dev-2");
  await blockedOnce();

  expect(await chargesOf("dev-1")).toEqual([1]);
  expect(await chargesOf("dev-2")).toEqual([2, 3, 4]);
});

test("a bot killed on either side of its last word says it once, however often it starts", async () => {
  await open();
  await scene.write("free", "");
  start("dev-1");
  await until("the comment stands", async () => (await scene.view.issues())[0]?.comments.length);
  await scene.processes.kill("dev-1");
  for (let life = 0; life < 3; life++) {
    start("dev-1");
    await until(
      "it has begun",
      async () =>
        (await scene.events("dev-1")).filter(({ type }) => type === "bot.started").length >
        life + 1,
    );
    await scene.processes.kill("dev-1");
  }
  start("dev-1");
  await until("the issue is let go", async () =>
    [...(await scene.view.refs()).keys()].every((ref) => !ref.includes("/claims/")),
  );

  await blockedOnce();
});
