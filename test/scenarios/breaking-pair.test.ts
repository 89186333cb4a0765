import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { repo } from "../support/factory-description.ts";
import { passesTests } from "../support/forge-view.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let template: Template | undefined;
let scene: Scene | undefined;
let scripts: string | undefined;

afterEach(async () => {
  await scene?.close();
  if (scripts) await rm(scripts, { recursive: true, force: true });
});

/**
 * Each issue adds a module and a test that bears no other one: two of them break each other, until one gives in
 * because CI's log says how.
 */
const coder = (folder: string) => `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
const prompt = await text(process.stdin);
appendFileSync(${JSON.stringify(path.join(folder, "prompts"))}, JSON.stringify(prompt) + "\\n");
const name = /: Add (\\w+)/.exec(prompt)[1];
const friendly = prompt.includes("two-modules-are-one-too-many");
mkdirSync("src", { recursive: true });
writeFileSync("src/peace.txt", friendly ? "yes\\n" : "no\\n");
writeFileSync("src/pair-" + name + ".mjs", "export {};\\n");
writeFileSync("test/pair-" + name + ".test.mjs", \`
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
test("alone, or in peace", () => {
  const pairs = readdirSync("src").filter((name) => name.startsWith("pair-"));
  const peace = readFileSync("src/peace.txt", "utf8") === "yes\\\\n";
  if (pairs.length > 1 && !peace) throw new Error(["two", "modules", "are", "one", "too", "many"].join("-"));
});
\`);
`;

/** Approves nothing before both changes were written, so that both are made from the same base. */
const reviewer = (folder: string) => `
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
const written = () => readFileSync(${JSON.stringify(path.join(folder, "prompts"))}, "utf8").split("\\n").length > 2;
while (!written()) await pause(50);
writeFileSync(process.env.DISINTO_RESULT, '{"verdict": "approve", "body": "fine", "comments": []}');
`;

test("of two changes that are each green alone and break each other one merges; the other is rebased, red, repaired and merged", async () => {
  scripts = await mkdtemp(path.join(tmpdir(), "disinto-scripts-"));
  await writeFile(path.join(scripts, "coder.mjs"), coder(scripts));
  await writeFile(path.join(scripts, "reviewer.mjs"), reviewer(scripts));
  template = await Template.create({
    devs: ["dev-1", "dev-2"],
    reviewers: ["review-1"],
    coder: [process.execPath, path.join(scripts, "coder.mjs")],
    reviewer: [process.execPath, path.join(scripts, "reviewer.mjs")],
  });
  scene = await Scene.open(template);
  const { forge, view } = scene;
  for (const name of ["one", "other"])
    await forge.issues(repo).open({ title: `Add ${name}`, body: "", labels: ["backlog"] });

  scene.startCi();
  for (const name of scene.bots) scene.startBot(name);
  await until(
    "both are closed",
    async () => (await view.issues()).every(({ state }) => state === "closed"),
    300_000,
  );

  const pulls = await view.pulls();
  expect(pulls).toHaveLength(2);
  expect(pulls.filter(({ merged }) => !merged)).toEqual([]);
  const history = await view.history(async ({ subject }, folder) => {
    return { subject, passes: await passesTests(folder) };
  });
  expect(history).toHaveLength(3);
  expect(history.filter(({ passes }) => !passes)).toEqual([]);
  const prompts = (await readFile(path.join(scripts, "prompts"), "utf8")).trim().split("\n");
  expect(prompts).toHaveLength(3);
  expect(prompts[2]).toContain("two-modules-are-one-too-many");
  const charges = (await Promise.all(scene.bots.map((name) => scene?.events(name)))).flat();
  const causes = charges.filter((event) => event?.type === "budget.charged");
  expect(causes.map((event) => event?.cause).sort()).toEqual(["ciFixes", "lostRounds"]);
}, 400_000);
