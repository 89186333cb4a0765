import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { type AutoApprover, startAutoApprover } from "../support/auto-approver.ts";
import { repo } from "../support/factory-description.ts";
import { killAtEvery } from "../support/kill.ts";
import { Scene, Template } from "../support/scene.ts";
import { manyDeathsMs } from "../support/soak.ts";
import { until } from "../support/test-factory.ts";

vi.setConfig({ testTimeout: manyDeathsMs });

let template: Template;

beforeAll(async () => {
  template = await Template.create({
    devs: ["dev-1", "dev-2"],
    reviewers: ["reviewer"],
    pollInterval: 0.25,
  });
});

interface Life {
  readonly scene: Scene;
  readonly attendant: AutoApprover;
  /** What stood on the work branch when the bot was killed. */
  pushed: string | undefined;
}

/** Seconds; the least that a bot takes. */
const shortTerm = { AGENT_LEASE_TERM: "4" };

/** No two sessions write the same, so that work done again shows. */
const body = "Add a stamp:\n\n```stamp src/stamp.txt\n```\n";
const branch = "fix/issue-1";

async function begin(): Promise<Life> {
  const scene = await Scene.open(template);
  await scene.forge.issues(repo).open({ title: "Add a stamp", body, labels: ["backlog"] });
  return { scene, attendant: startAutoApprover(scene, "reviewer"), pushed: undefined };
}

async function end({ scene, attendant }: Life): Promise<void> {
  await attendant.stop();
  await scene.close();
}

async function isDone({ forge, view }: Scene): Promise<boolean> {
  if ((await forge.issues(repo).get(1)).state === "open") return false;
  return [...(await view.refs()).keys()].join() === "refs/heads/main";
}

async function finish(
  { scene }: Life,
  bot: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  scene.startBot(bot, { ...scene.environmentOf(bot), ...settings });
  await until("the issue is done with", async () => {
    if (!scene.processes.isRunning(bot)) throw new Error(scene.processes.output(bot));
    return isDone(scene);
  });
  await scene.processes.stop(bot);
}

async function readStamps({ view }: Scene): Promise<readonly string[]> {
  const stamps = await view.history(async (_, folder) =>
    readFile(path.join(folder, "src/stamp.txt"), "utf8").catch(() => ""),
  );
  return stamps.filter((stamp) => stamp !== "");
}

/** The same whatever was killed and when: one pull request, one commit, no remark, nothing left over. */
async function verify({ scene, pushed }: Life, ...authors: readonly string[]): Promise<void> {
  const { view } = scene;
  const title = "Add a stamp";
  const [issue, ...others] = await view.issues();
  expect(others).toEqual([]);
  expect(issue).toMatchObject({ number: 1, title, state: "closed", comments: [] });
  expect(issue?.labels).not.toContain("in-progress");
  expect(authors.map((author) => [author])).toContainEqual(issue?.assignees);
  expect(await view.pulls()).toMatchObject([{ number: 2, title, state: "closed", merged: true }]);
  const history = await view.history(async ({ subject, author }) => ({ subject, author }));
  expect(history.slice(1)).toMatchObject([{ subject: title }]);
  expect([...(await view.refs()).keys()]).toEqual(["refs/heads/main"]);
  const stamps = await readStamps(scene);
  expect(stamps).toHaveLength(1);
  if (pushed !== undefined) expect(stamps).toEqual([pushed]);
}

async function readPushed({ view }: Scene): Promise<string | undefined> {
  return (await view.refs()).has(`refs/heads/${branch}`)
    ? view.read(branch, "src/stamp.txt")
    : undefined;
}

test("a dev bot killed before or after any of its calls goes on after a restart as if nothing had been", async () => {
  await killAtEvery<Life>({
    title: "one issue's whole life",
    points: "some",
    atOnce: 2,
    prepare: begin,
    command: ({ scene }) => ({
      args: ["agent", "run", "--once"],
      env: scene.environmentOf("dev-1"),
    }),
    observe: async (life) => {
      life.pushed = await readPushed(life.scene);
    },
    restart: (life) => finish(life, "dev-1"),
    verify: (life) => verify(life, "dev-1"),
    discard: end,
  });
});

test("another bot takes over from one killed before or after any of its calls: one pull request, nothing pushed is lost", async () => {
  await killAtEvery<Life>({
    title: "one issue's whole life, and another bot after it",
    points: "some",
    atOnce: 2,
    prepare: begin,
    command: ({ scene }) => ({
      args: ["agent", "run", "--once"],
      env: { ...scene.environmentOf("dev-1"), ...shortTerm },
    }),
    observe: async (life) => {
      life.pushed = await readPushed(life.scene);
    },
    restart: (life) => finish(life, "dev-2", shortTerm),
    verify: (life) => verify(life, "dev-1", "dev-2"),
    discard: end,
  });
});
