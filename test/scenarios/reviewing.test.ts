import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { PublishedWork } from "../../src/roles/dev/work.ts";
import { reviewNext } from "../../src/roles/review/queue.ts";
import { repo } from "../support/factory-description.ts";
import { Scene, Template } from "../support/scene.ts";
import { type Files, TestBot } from "../support/test-bot.ts";

let template: Template;
let scene: Scene;
let scripts: string;
let players: TestBot[] = [];

/** Does what the file `behaviour` says, and writes down every prompt. */
const reviewer = (folder: string) => `
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
const prompt = await text(process.stdin);
appendFileSync(${JSON.stringify(path.join(folder, "prompts"))}, JSON.stringify(prompt) + "\\n");
const answer = readFileSync(${JSON.stringify(path.join(folder, "behaviour"))}, "utf8");
if (answer === "die") process.exit(3);
const reject = answer === "reject-marked" && prompt.includes("+marked");
writeFileSync(
  process.env.DISINTO_RESULT,
  answer === "garbage"
    ? '{"verdict": "approve!"}'
    : JSON.stringify({ verdict: reject ? "request-changes" : "approve", body: reject ? "marked" : "ok", comments: [] }),
);
`;

beforeAll(async () => {
  scripts = await mkdtemp(path.join(tmpdir(), "disinto-scripts-"));
  await writeFile(path.join(scripts, "reviewer.mjs"), reviewer(scripts));
  template = await Template.create({
    devs: ["dev-1"],
    reviewers: ["review-1", "review-2"],
    reviewer: [process.execPath, path.join(scripts, "reviewer.mjs")],
  });
});

beforeEach(async () => {
  scene = await Scene.open(template);
  await behave("approve");
  await writeFile(path.join(scripts, "prompts"), "");
});

afterEach(async () => {
  for (const player of players) player.kill();
  players = [];
  await scene?.close();
});

afterAll(async () => {
  await rm(scripts, { recursive: true, force: true });
});

function behave(how: "approve" | "garbage" | "reject-marked" | "die"): Promise<void> {
  return writeFile(path.join(scripts, "behaviour"), how);
}

async function readPrompts(): Promise<readonly string[]> {
  const text = await readFile(path.join(scripts, "prompts"), "utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as string]));
}

function startBot(name: string, role: "dev" | "review" = "review"): TestBot {
  const player = new TestBot(scene, name, { role, environment: { CI_TOKEN: "" } });
  players.push(player);
  return player;
}

async function pass(sha: string): Promise<void> {
  const status = { context: "ci/local/test", state: "success", description: "" } as const;
  await scene.as("ci").statuses(repo).post(sha, status);
}

async function green(dev: TestBot, title: string, files: Files): Promise<PublishedWork> {
  const work = await dev.start(title, files);
  await pass(work.head);
  return work;
}

/** Until it finds nothing more, as a bot that was just started. */
async function reviewAll(bot: TestBot): Promise<void> {
  const done = new Map<string, string>();
  while (await reviewNext(bot.tools, done, bot.signal));
}

function reviewsOf({ pull }: PublishedWork) {
  return scene.forge.reviews(repo).of(pull);
}

test("several review bots share the queue: each head is reviewed once, by one of them", async () => {
  const dev = startBot("dev-1", "dev");
  const works: PublishedWork[] = [];
  for (const name of ["one", "two", "three"])
    works.push(await green(dev, name, { [`${name}.txt`]: name }));

  await Promise.all([reviewAll(startBot("review-1")), reviewAll(startBot("review-2"))]);
  await reviewAll(startBot("review-2"));

  for (const work of works)
    expect(await reviewsOf(work)).toMatchObject([{ verdict: "approved", sha: work.head }]);
  expect(await readPrompts()).toHaveLength(3);
  const refs = [...(await scene.view.refs()).keys()];
  expect(refs.filter((ref) => ref.includes("reviews"))).toEqual([]);
});

test("a verdict that cannot be read is asked for once again, then said once for each head, also after a restart", async () => {
  await behave("garbage");
  const work = await green(startBot("dev-1", "dev"), "one", { "one.txt": "one" });

  await reviewAll(startBot("review-1"));
  await reviewAll(startBot("review-1"));

  const prompts = await readPrompts();
  expect(prompts).toHaveLength(2);
  expect(prompts[1]).toContain("Your last answer could not be read");
  expect(await reviewsOf(work)).toEqual([]);
  const comments = await scene.forge.issues(repo).comments(work.pull);
  expect(comments).toHaveLength(1);
  expect(comments[0]?.body).toMatch(
    /I give no verdict on \w{10}: the reviewer gave no valid verdict/,
  );
});

test("a long change is judged in parts, and one that is bad is enough", async () => {
  await behave("reject-marked");
  const long = Array.from({ length: 6000 }, (_, at) => `line ${at} of a long file`).join("\n");
  const dev = startBot("dev-1", "dev");
  const work = await green(dev, "long", { "a.txt": "short\n", "b.txt": "marked\n" });
  const split = await green(dev, "split", {
    "b.txt": "marked\n",
    "c.txt": "fine\n",
    "d.txt": long,
  });

  await reviewAll(startBot("review-1"));

  expect(await reviewsOf(work)).toMatchObject([{ verdict: "changes-requested" }]);
  // One place of it alone is longer than what is read at once: it is refused, not approved in part.
  expect(await reviewsOf(split)).toEqual([]);
  expect((await scene.forge.issues(repo).comments(split.pull))[0]?.body).toContain("too long");
  const halves = await green(dev, "halves", {
    "a.txt": "marked\n",
    "b.txt": long.slice(0, 40_000),
    "c.txt": long.slice(0, 40_000),
  });
  await reviewAll(startBot("review-1"));
  expect(await reviewsOf(halves)).toMatchObject([
    { verdict: "changes-requested", body: "marked\n\nok" },
  ]);
});

test("on a new head the reviewer is told what it said and what changed since, beside the whole change", async () => {
  await behave("reject-marked");
  const dev = startBot("dev-1", "dev");
  const work = await green(dev, "again", { "a.txt": "marked\n", "b.txt": "kept\n" });
  await reviewAll(startBot("review-1"));
  await behave("approve");
  const head = await dev.push(work, { "a.txt": "better\n" });
  await pass(head);

  await reviewAll(startBot("review-2"));
  expect(await reviewsOf(work)).toHaveLength(1);
  await reviewAll(startBot("review-1"));

  expect(await reviewsOf(work)).toMatchObject([
    { author: "review-1", verdict: "changes-requested" },
    { author: "review-1", verdict: "approved", sha: head },
  ]);
  const [, prompt = ""] = await readPrompts();
  const [before = "", whole = ""] = prompt.split("The whole change:");
  expect(before).toContain("changes-requested: marked");
  expect(before).toMatch(/-marked\n\+better/);
  expect(before).not.toContain("kept");
  expect(whole).toMatch(/\+better[\s\S]*\+kept/);
});

test("a head that CI has not passed is not reviewed yet", async () => {
  const dev = startBot("dev-1", "dev");
  await dev.start("red", { "red.txt": "red" });

  await reviewAll(startBot("review-1"));

  expect(await readPrompts()).toEqual([]);
});

test("hidden characters in a change are shown to the reviewer", async () => {
  await green(startBot("dev-1", "dev"), "hidden", { "a.ts": "if (isAdmin\u202e) {}\n" });

  await reviewAll(startBot("review-1"));

  expect((await readPrompts())[0]).toContain("isAdmin<U+202E>");
});
