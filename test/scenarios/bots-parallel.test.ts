import { afterEach, expect, test } from "vitest";
import { repo } from "../support/factory-description.ts";
import { passesTests } from "../support/forge-view.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template | undefined;
let scene: Scene | undefined;

afterEach(async () => {
  await scene?.close();
});

const COUNT = 24;
const devs = Array.from({ length: 8 }, (_, index) => `dev-${index + 1}`);

/** What the issues add under test/words is asked of the lists; all of it by one process, as every commit is tested. */
const wordsTest = `import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const wanted = existsSync("test/words") ? readdirSync("test/words") : [];
for (const file of wanted) {
  const { word, list, after } = JSON.parse(readFileSync("test/words/" + file, "utf8"));
  test(word + " is in its list, in order and once", () => {
    const lines = readFileSync(list, "utf8").trimEnd().split("\\n");
    assert.equal(lines.filter((line) => line === word).length, 1);
    assert.deepEqual(lines, [...new Set(lines)].sort());
    if (after) assert.ok(wanted.includes(after + ".json"));
  });
}
`;

/** Every issue adds a line to one of three lists, and a test that needs its line there, and the issue before it. */
function describeIssue(index: number): string {
  const word = nameWord(index);
  const list = `src/list-${index % 3}.txt`;
  const needed = dependencyOf(index);
  const after = needed === undefined ? undefined : nameWord(needed);
  return [
    `Add \`${word}\`:`,
    "",
    `\`\`\`lines ${list}`,
    word,
    "```",
    "",
    `\`\`\`file test/words/${word}.json`,
    JSON.stringify({ word, list, after }),
    "```",
    ...(needed === undefined ? [] : ["", "## Depends on", `- #${needed + 1}`]),
  ].join("\n");
}

function nameWord(index: number): string {
  return `word-${String(index).padStart(2, "0")}`;
}

/** Chains: every third issue can only be done when the one three before it is. */
function dependencyOf(index: number): number | undefined {
  return index % 3 === 2 && index > 2 ? index - 3 : undefined;
}

test("eight bots on 24 issues with overlapping files: each is merged once, by one bot, in one pull request", async () => {
  template = await Template.create({
    devs,
    reviewers: ["review-1", "review-2"],
    pollInterval: 1,
    files: { "test/words.test.mjs": wordsTest },
  });
  scene = await Scene.open(template);
  const { forge, view } = scene;
  const issues = forge.issues(repo);
  for (let index = 0; index < COUNT; index++) {
    const body = describeIssue(index);
    await issues.open({ title: `Add word ${index}`, body, labels: ["backlog"] });
  }

  scene.startCi();
  for (const name of scene.bots) scene.startBot(name);
  await until("every issue is closed", async () => (await issues.listOpen()).length === 0, 600_000);
  const refs = await until("the leases are gone", async () => {
    const found = await view.refs();
    return [...found.keys()].some((ref) => ref.startsWith("refs/disinto/")) ? undefined : found;
  });

  const pulls = await view.pulls();
  const titles = Array.from({ length: COUNT }, (_, index) => `Add word ${index}`).sort();
  expect(pulls.map(({ title }) => title).sort()).toEqual(titles);
  expect(pulls.filter(({ merged }) => !merged)).toEqual([]);
  expect([...refs.keys()]).toEqual(["refs/heads/main"]);
  const history = await view.history(async ({ author, subject, parents }, folder) => {
    return { author, subject, parents: parents.length, passes: await passesTests(folder) };
  });
  expect(history.filter(({ passes }) => !passes)).toEqual([]);
  expect(
    history
      .slice(1)
      .map(({ subject }) => subject)
      .sort(),
  ).toEqual(titles);
  expect(history.filter(({ parents }) => parents > 1)).toEqual([]);
  for (const { title, author } of pulls)
    expect(history.find(({ subject }) => subject === title)?.author).toBe(author);
}, 900_000);
