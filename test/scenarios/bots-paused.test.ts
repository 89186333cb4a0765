import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type AutoApprover, startAutoApprover } from "../support/auto-approver.ts";
import { repo, scriptedCoder } from "../support/factory-description.ts";
import { InterceptingProxy, isPushOf } from "../support/intercepting-proxy.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template;
let scene: Scene;
let proxy: InterceptingProxy;
let attendant: AutoApprover | undefined;

beforeAll(async () => {
  template = await Template.create({ devs: ["dev-1", "dev-2"], reviewers: ["reviewer"] });
});

beforeEach(async () => {
  scene = await Scene.open(template);
  proxy = await InterceptingProxy.start(scene.url);
});

afterEach(async () => {
  await attendant?.stop();
  attendant = undefined;
  await scene.close();
  proxy.close();
});

/** Seconds; shorter ones run out by themselves where the machine is slow. */
const shortTerm = { AGENT_LEASE_TERM: "6" };
const branch = "refs/heads/fix/issue-1";
const body = (file: string) => `\`\`\`stamp ${file}\n\`\`\`\n`;

async function open(title: string, file: string): Promise<void> {
  await scene.forge.issues(repo).open({ title, body: body(file), labels: ["backlog"] });
}

function startBehindProxy(settings: Readonly<Record<string, string>> = {}): void {
  const told = scene.environmentOf("dev-1", proxy.url);
  scene.startBot("dev-1", { ...told, ...shortTerm, ...settings });
}

/** Another bot takes issue 1 over, and has it in a pull request that nobody has looked at yet. */
async function takeOver(): Promise<string> {
  scene.startBot("dev-2", { ...scene.environmentOf("dev-2"), ...shortTerm });
  await until("the other bot has a pull request", async () => (await scene.view.pulls()).length);
  return (await scene.view.refs()).get(branch) ?? "";
}

async function eventsOf(name: string, type: string): Promise<readonly Record<string, unknown>[]> {
  return (await scene.events(name)).filter((event) => event.type === type);
}

async function goesOnWithTheNext(): Promise<void> {
  await open("The next", "src/next.txt");
  await until("the resumed bot has the next issue", async () => {
    if (!scene.processes.isRunning("dev-1")) throw new Error(scene.processes.output("dev-1"));
    return (await eventsOf("dev-1", "issue.claimed")).some(({ issue }) => issue === 3);
  });
  attendant = startAutoApprover(scene, "reviewer");
  await until("both are merged", async () =>
    (await scene.view.issues()).every(({ state }) => state === "closed"),
  );
  const issues = await scene.view.issues();
  expect(issues.flatMap(({ comments }) => comments)).toEqual([]);
  expect(await scene.view.pulls()).toMatchObject([
    { title: "The first", author: "dev-2", merged: true },
    { title: "The next", author: "dev-1", merged: true },
  ]);
  const lost = await eventsOf("dev-1", "lease.lost");
  expect(lost.filter(({ issue }) => issue === 1)).toHaveLength(1);
  expect(await eventsOf("dev-2", "lease.taken-over")).toMatchObject([{ issue: 1, from: "dev-1" }]);
}

test("a bot paused past its term in the midst of a push is refused as a whole, and goes on with the next issue", async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isHeld = false;
  proxy.intercept = (asked) => {
    if (!isPushOf(asked, branch)) return undefined;
    isHeld = true;
    return released;
  };
  await open("The first", "src/first.txt");
  startBehindProxy();
  await until("the push is on its way", async () => isHeld);

  scene.processes.signal("dev-1", "SIGSTOP");
  const head = await takeOver();
  release();
  const late = await until("the forge has answered the late push", async () =>
    proxy.answered.find((one) => isPushOf(one, branch)),
  );
  scene.processes.signal("dev-1", "SIGCONT");

  expect(late.answer).toMatch(/ng refs\/disinto\/claims\/1 /);
  expect(late.answer).toMatch(/ng refs\/heads\/fix\/issue-1 /);
  expect((await scene.view.refs()).get(branch)).toBe(head);
  await goesOnWithTheNext();
});

test("a bot paused past its term in the midst of a session pushes nothing of it, and goes on with the next issue", async () => {
  const [node = "", coder = ""] = scriptedCoder;
  await open("The first", "src/first.txt");
  startBehindProxy({ AGENT_COMMAND: JSON.stringify([node, coder, "--think-ms", "1500"]) });
  await until("a session has begun", async () =>
    (await eventsOf("dev-1", "session.started")).some(({ issue }) => issue === 1),
  );

  scene.processes.signal("dev-1", "SIGSTOP");
  const head = await takeOver();
  scene.processes.signal("dev-1", "SIGCONT");
  await goesOnWithTheNext();

  expect(proxy.answered.filter((one) => isPushOf(one, branch))).toEqual([]);
  expect(head).not.toBe("");
});
