import { afterEach, expect, test } from "vitest";
import { repo } from "../support/factory-description.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template | undefined;
let scene: Scene | undefined;

afterEach(async () => {
  await scene?.close();
});

/** As a coder it never comes to an end; as a reviewer it approves. */
const harness = [
  "prompt=$(cat)",
  'case $prompt in *"no end"*) while :; do echo .; sleep 0.2; done ;; esac',
  `echo '{"verdict":"approve","body":"fine"}' > "$DISINTO_RESULT"`,
].join("\n");

test("a bot with two roles reviews while its own session goes on", async () => {
  template = await Template.create({ devs: ["dev-1"], reviewers: [], both: ["both"] });
  const opened = await Scene.open(template);
  scene = opened;
  const issues = opened.forge.issues(repo);
  await issues.open({ title: "Work without an end: no end", body: "", labels: ["backlog"] });
  opened.startBot("both", {
    ...opened.environmentOf("both"),
    AGENT_COMMAND: JSON.stringify(["sh", "-c", harness]),
  });
  const sessionsOf = async (type: string, role: string) =>
    (await opened.events("both")).filter((event) => event.type === type && event.role === role);
  await until("its session has begun", async () => (await sessionsOf("session.started", "dev"))[0]);

  await issues.open({ title: "A stamp", body: "```stamp a.txt\n```\n", labels: ["backlog"] });
  opened.startBot("dev-1");
  const [pull] = await until("there is a pull request", async () => {
    const open = await opened.forge.pulls(repo).listOpen();
    return open.length > 0 && open;
  });
  const green = { context: "ci/local/test", state: "success", description: "" } as const;
  await opened
    .as("ci")
    .statuses(repo)
    .post(pull?.headSha ?? "", green);
  await until("it is merged", async () => (await issues.get(2)).state === "closed");

  expect(await opened.view.pulls()).toMatchObject([{ title: "A stamp", merged: true }]);
  expect(await sessionsOf("session.ended", "review")).toMatchObject([{ end: "finished" }]);
  expect(await sessionsOf("session.ended", "dev")).toEqual([]);
});
