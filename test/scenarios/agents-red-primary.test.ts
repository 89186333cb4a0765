import { afterEach, expect, test } from "vitest";
import { repo } from "../support/factory-description.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template | undefined;
let scene: Scene | undefined;

afterEach(async () => {
  await scene?.close();
});

test("a red primary branch stops new claims of all bots, for one reason that is told once, and a green one releases them", async () => {
  template = await Template.create({ devs: ["dev-1", "dev-2"], reviewers: ["review-1"] });
  scene = await Scene.open(template);
  const { forge, view } = scene;
  const devs = ["dev-1", "dev-2"];
  const main = (await view.refs()).get("refs/heads/main") ?? "";
  await post("failure");
  for (const name of ["one", "two"]) {
    const body = `\`\`\`file src/${name}.txt\n${name}\n\`\`\``;
    await forge.issues(repo).open({ title: name, body, labels: ["backlog"] });
  }

  for (const name of devs) scene.startBot(name);
  const reason = `main is red at ${main.slice(0, 8)}: ci/local/test`;
  const held = [1, 2].map((issue) => ({ issue, because: reason }));
  for (const name of devs)
    await until(`${name} waits`, async () =>
      (await told(name, "queue.seen")).some(
        ({ waiting }) => JSON.stringify(waiting) === JSON.stringify(held),
      ),
    );

  const events = async (type: string) =>
    (await Promise.all(devs.map((name) => told(name, type)))).flat();
  expect(await events("breaker.opened")).toMatchObject([{ reason }]);
  expect(await events("lease.taken")).toEqual([]);
  expect(await view.issues()).toMatchObject([{ labels: ["backlog"] }, { labels: ["backlog"] }]);

  await post("success");
  await until("both are worked on", async () => (await view.pulls()).length === 2);

  expect(await events("breaker.opened")).toHaveLength(1);
  expect(await events("breaker.closed")).toHaveLength(1);
  expect((await events("session.started")).length).toBe(2);
  expect([...(await view.refs()).keys()].filter((ref) => ref.includes("breakers"))).toEqual([]);
}, 200_000);

async function told(name: string, type: string) {
  return ((await scene?.events(name)) ?? []).filter((event) => event.type === type);
}

async function post(state: "failure" | "success"): Promise<void> {
  const main = (await scene?.view.refs())?.get("refs/heads/main") ?? "";
  const status = { context: "ci/local/test", state, description: `it is a ${state}` };
  await scene?.as("ci").statuses(repo).post(main, status);
}
