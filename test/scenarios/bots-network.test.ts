import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { buildForgeAdmin } from "../../src/adapters/forgejo/forge-admin.ts";
import { type AutoApprover, startAutoApprover } from "../support/auto-approver.ts";
import { repo } from "../support/factory-description.ts";
import { InterceptingProxy, type ProxiedRequest } from "../support/intercepting-proxy.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template;
let scene: Scene;
let proxy: InterceptingProxy;
let attendant: AutoApprover | undefined;

beforeAll(async () => {
  template = await Template.create({ devs: ["dev-1"], reviewers: ["reviewer"] });
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

const DOABLE = "```stamp src/stamp.txt\n```\n";
/** The scripted coder changes nothing for it. */
const NOT_DOABLE = "Make it better.";

async function open(title: string, body: string): Promise<void> {
  await scene.forge.issues(repo).open({ title, body, labels: ["backlog"] });
}

function startBot(url = proxy.url): void {
  scene.startBot("dev-1", scene.environmentOf("dev-1", url));
}

/** While the bot lives: a bot that ends at a failure of the outside has no recovery. */
function wait<Found>(what: string, look: () => Promise<Found | undefined | false>): Promise<Found> {
  return until(what, async () => {
    if (!scene.processes.isRunning("dev-1")) throw new Error(scene.processes.output("dev-1"));
    return look();
  });
}

async function reached(at: string): Promise<void> {
  await wait(`the bot is at ${at}`, async () =>
    (await scene.events("dev-1")).some(
      (event) => event.type === "state.entered" && event.at === at,
    ),
  );
}

async function settled(number: number): Promise<void> {
  await wait(`#${number} is done with`, async () => {
    const { state, labels } = await scene.forge.issues(repo).get(number);
    const claims = [...(await scene.view.refs()).keys()].filter((ref) => ref.includes("/claims/"));
    return (state === "closed" || labels.includes("blocked")) && claims.length === 0;
  });
}

async function expectOneMerge(title: string): Promise<void> {
  const { view } = scene;
  expect(await view.pulls()).toMatchObject([{ title, state: "closed", merged: true }]);
  const subjects = await view.history(async ({ subject }) => subject);
  expect(subjects.slice(1)).toEqual([title]);
  const done = (await view.issues()).find((issue) => issue.title === title);
  expect(done).toMatchObject({ state: "closed", comments: [] });
  expect([...(await view.refs()).keys()]).toEqual(["refs/heads/main"]);
}

const isPush = ({ method, path }: ProxiedRequest) =>
  method === "POST" && path.endsWith("/git-receive-pack");
const isWrite = ({ method, path }: ProxiedRequest) => method !== "GET" && path.startsWith("/api/");

test("every act on the forge whose answer is lost is found done: one pull request, one comment, one merge", async () => {
  const lost = new Set<string>();
  proxy.intercept = (asked) => {
    if (!(isPush(asked) || isWrite(asked))) return undefined;
    // A push that is sent again offers the same; each is lost once.
    const key = `${asked.method} ${asked.path} ${isPush(asked) ? asked.body : ""}`;
    if (lost.has(key)) return undefined;
    lost.add(key);
    return "lose";
  };
  await open("Add a stamp", DOABLE);
  attendant = startAutoApprover(scene, "reviewer");
  startBot();
  await settled(1);
  await open("Never done", NOT_DOABLE);
  await settled(3);
  await scene.processes.stop("dev-1");

  await expectOneMerge("Add a stamp");
  const [, never] = await scene.view.issues();
  expect(never?.comments).toHaveLength(1);
  expect(never?.comments[0]?.body).toContain("the harness ended without changing a file");
  const paths = [...lost].map((key) => key.split(" ")[1]?.replace(/^.*\/greeter/, ""));
  expect(paths).toEqual(
    expect.arrayContaining([
      ".git/git-receive-pack",
      "/pulls",
      "/pulls/2/merge",
      "/issues/3/comments",
      "/issues/3/labels",
    ]),
  );
});

test("a forge that fails, breaks off and is slow in turn costs no budget: one pull request, one merge, no comment", async () => {
  let count = 0;
  proxy.intercept = () => {
    count += 1;
    if (count % 7 !== 0) return undefined;
    const slow = new Promise<void>((resolve) => setTimeout(resolve, 200));
    return ([500, "drop", 502, slow, 503, "lose"] as const)[(count / 7) % 6];
  };
  await open("Add a stamp", DOABLE);
  attendant = startAutoApprover(scene, "reviewer");
  startBot();
  await settled(1);
  proxy.intercept = () => undefined;

  await expectOneMerge("Add a stamp");
  const events = await scene.events("dev-1");
  // A write that is answered with 500 counts towards the twenty that a forge may fail, and towards nothing else.
  const elsewhere = ["merge-not-ready", "serverErrors"];
  const charged = events.filter(
    ({ type, cause }) => type === "budget.charged" && !elsewhere.includes(String(cause)),
  );
  expect(charged).toEqual([]);
});

test("a forge that answers nothing but 503 at every state of an issue is waited for, and the same activity goes on", async () => {
  await open("Add a stamp", DOABLE);
  startBot();
  for (const at of ["preparing", "publishing", "checking", "reviewing"]) {
    await reached(at);
    proxy.intercept = () => 503;
    const before = (await scene.events("dev-1")).filter(({ type }) => type === "failure").length;
    await wait(
      `the outage at ${at} is told`,
      async () =>
        (await scene.events("dev-1")).filter(({ type }) => type === "failure").length > before,
    );
    proxy.intercept = () => undefined;
    if (at === "checking") attendant = startAutoApprover(scene, "reviewer");
  }
  await settled(1);

  await expectOneMerge("Add a stamp");
  const failures = (await scene.events("dev-1")).filter(({ type }) => type === "failure");
  expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(["forge.unavailable"]));
});

test("a forge that is killed and started again in the midst of the work is waited for, and the work goes on", async () => {
  await open("Add a stamp", DOABLE);
  startBot(scene.url);
  for (const at of ["coding", "checking"]) {
    await reached(at);
    await scene.restartForge();
  }
  await reached("checking");
  attendant = startAutoApprover(scene, "reviewer");
  await settled(1);

  await expectOneMerge("Add a stamp");
});

test("a bot whose token is revoked says so and does nothing; with a new one it goes on with the same pull request", async () => {
  await open("Add a stamp", DOABLE);
  startBot();
  await reached("checking");
  const credentials = template.credentialsOf("dev-1");
  const { tokens } = buildForgeAdmin({ url: scene.url, admin: credentials });
  for (const { id } of await tokens.list("dev-1")) await tokens.revoke("dev-1", id);
  await wait("it says so", async () =>
    (await scene.events("dev-1")).some(({ code }) => code === "forge.unauthorized"),
  );
  attendant = startAutoApprover(scene, "reviewer");
  const asked = proxy.answered.length;
  await wait("it has asked again", async () => proxy.answered.length > asked);
  expect(proxy.answered.slice(asked).map(({ status }) => status)).not.toContain(200);
  await scene.processes.stop("dev-1");

  const scopes = ["read:user", "write:issue", "write:repository"];
  const token = await tokens.create(credentials, { name: "anew", scopes });
  scene.startBot("dev-1", { ...scene.environmentOf("dev-1"), FORGE_TOKEN: token });
  await settled(1);

  await expectOneMerge("Add a stamp");
});
