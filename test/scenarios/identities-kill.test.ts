/**
 * `kill -9` before and after every call on a port of the commands that make and unmake identities: the same command run
 * again comes to the same end as one that nobody killed. One forge serves all; each death has names of its own.
 */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { adminPassword, startTestForge, type TestForge } from "../forge-contract/test-forge.ts";
import { killAtEvery, runKillable } from "../support/kill.ts";
import { layOutOutside, lookAt, type Outside } from "../support/outside-factory.ts";

let root: string;
let forge: TestForge;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-deaths-"));
  forge = await startTestForge();
  const repository = path.join(root, "shop");
  await cp(path.join(import.meta.dirname, "../../demo/repository"), repository, {
    recursive: true,
  });
  await repositories.init(repository);
});

afterAll(async () => {
  await forge.close();
  await rm(root, { recursive: true });
});

const place = () => ({ root, url: forge.url, password: adminPassword });

async function layOut(): Promise<Outside> {
  const outside = await layOutOutside({ ...place(), mark: `k${++count}z` });
  const repository = path.join(outside.folder, `${outside.mark}-shop`);
  await cp(path.join(root, "shop"), repository, { recursive: true });
  return outside;
}

type Command = (outside: Outside) => readonly string[];

const init: Command = ({ folder, mark }) => ["init", path.join(folder, `${mark}-shop`), "--yes"];
const hire: Command = ({ mark }) => [
  "hire-an-agent",
  `${mark}-new`,
  "dev",
  "--local-model",
  "http://127.0.0.1:1",
];
const fire: Command = ({ mark }) => ["fire", `${mark}-new`];

async function prepared(...before: readonly Command[]): Promise<Outside> {
  const outside = await layOut();
  for (const command of before) await run(outside, command);
  return outside;
}

async function run(outside: Outside, command: Command): Promise<void> {
  const args = ["--factory", outside.folder, ...command(outside)];
  const { exitCode, output } = await runKillable({ args }, {});
  if (exitCode !== 0) throw new Error(output);
}

async function killEvery(title: string, command: Command, before: readonly Command[]) {
  let undisturbed: string | undefined;
  await killAtEvery<Outside>({
    title,
    points: "quarter",
    atOnce: 3,
    prepare: () => prepared(...before),
    command: (outside) => ({ args: ["--factory", outside.folder, ...command(outside)] }),
    verify: async (outside) => {
      const seen = await lookAt(outside, place());
      undisturbed ??= seen;
      expect(seen).toBe(undisturbed);
    },
    discard: ({ folder }) => rm(folder, { recursive: true }),
  });
}

test("init, killed anywhere, is completed by init", async () => {
  await killEvery("init", init, []);
}, 400_000);

test("hire-an-agent, killed anywhere, is completed by hire-an-agent", async () => {
  await killEvery("hire-an-agent", hire, [init]);
}, 400_000);

test("fire, killed anywhere, is completed by fire", async () => {
  await killEvery("fire", fire, [init, hire]);
}, 400_000);
