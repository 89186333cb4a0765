import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { repo } from "../support/factory-description.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template | undefined;
let scene: Scene | undefined;
let scripts: string | undefined;

afterEach(async () => {
  await scene?.close();
  if (scripts) await rm(scripts, { recursive: true, force: true });
});

/** First a wrong value, the right one when CI's log has said it, an explanation when a review asked for it. */
const coder = (folder: string) => `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
const prompt = await text(process.stdin);
appendFileSync(${JSON.stringify(path.join(folder, "prompts"))}, JSON.stringify(prompt) + "\\n");
const explained = prompt.includes("say why it is this one");
const value = explained || prompt.includes("wanted-value-42") ? 42 : 41;
mkdirSync("test", { recursive: true });
writeFileSync("src/answer.mjs", (explained ? "// the answer to everything\\n" : "") + "export const answer = " + value + ";\\n");
writeFileSync("test/answer.test.mjs", \`
import { existsSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { answer } from "../src/answer.mjs";
const flag = ${JSON.stringify(path.join(folder, "killed"))};
if (!existsSync(flag)) {
  writeFileSync(flag, "");
  process.kill(process.ppid, "SIGKILL");
}
test("the answer", () => {
  if (answer !== 42) throw new Error("wanted-value-" + 42);
});
\`);
`;

const reviewer = `
import { readFileSync, writeFileSync } from "node:fs";
const text = readFileSync("src/answer.mjs", "utf8");
const verdict = text.startsWith("//")
  ? { verdict: "approve", body: "fine", comments: [] }
  : {
      verdict: "request-changes",
      body: "Nearly.",
      comments: [
        { path: "src/answer.mjs", line: 1, body: "say why it is this one" },
        { path: "src/answer.mjs", line: 999, body: "and nothing here" },
      ],
    };
writeFileSync(process.env.DISINTO_RESULT, JSON.stringify(verdict));
`;

test("a run that was killed is repeated without a session; a red one and a review are answered from what they said", async () => {
  scripts = await mkdtemp(path.join(tmpdir(), "disinto-scripts-"));
  await writeFile(path.join(scripts, "coder.mjs"), coder(scripts));
  await writeFile(path.join(scripts, "reviewer.mjs"), reviewer);
  template = await Template.create({
    devs: ["dev-1"],
    reviewers: ["review-1"],
    coder: [process.execPath, path.join(scripts, "coder.mjs")],
    reviewer: [process.execPath, path.join(scripts, "reviewer.mjs")],
  });
  scene = await Scene.open(template);
  const { forge } = scene;
  const issues = forge.issues(repo);
  const issue = await issues.open({ title: "Answer", body: "What is it?", labels: ["backlog"] });

  scene.startCi();
  for (const name of scene.bots) scene.startBot(name);
  await until(
    "it is closed",
    async () => (await issues.get(issue.number)).state === "closed",
    300_000,
  );

  const prompts = (await readFile(path.join(scripts, "prompts"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as string);
  expect(prompts).toHaveLength(3);
  expect(prompts[1]).toMatch(/ci\/local\/test is red[\s\S]*wanted-value-42/);
  expect(prompts[2]).toMatch(/review-1 asks for changes:[\s\S]*`src\/answer.mjs` line 1: say why/);
  const events = await scene.events("dev-1");
  expect(events.filter(({ type }) => type === "ci.retried")).toHaveLength(1);
  expect(events.filter(({ type }) => type === "session.started")).toHaveLength(3);
  const reviews = await forge.reviews(repo).of(2);
  expect(reviews.map(({ verdict }) => verdict)).toEqual(["changes-requested", "approved"]);
  expect(reviews[0]?.body).toBe("Nearly.\n\n`src/answer.mjs` line 999: and nothing here");
  expect(await forge.reviews(repo).commentsOf(2, reviews[0] ?? { id: 0, author: "" })).toEqual([
    { path: "src/answer.mjs", line: 1, body: "say why it is this one" },
  ]);
  expect(await forge.pulls(repo).get(2)).toMatchObject({ merged: true });
}, 400_000);
