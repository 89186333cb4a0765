/**
 * `kill -9` before and after every call on a port of the commands that make and unmake identities: the same command run
 * again comes to the same end as one that nobody killed. Each death has a copy of the same forge and factory.
 */
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { setEnvironment } from "../../src/config/env-file.ts";
import { startForge } from "../../src/forge/serve.ts";
import { createAccount } from "../../src/forge/users/admin.ts";
import {
  createExternalFactory,
  describeEndState,
  type ExternalFactory,
} from "../support/external-factory.ts";
import { killAtEvery, runKillable } from "../support/kill.ts";
import { manyDeathsMs } from "../support/soak.ts";

vi.setConfig({ testTimeout: manyDeathsMs });

const mark = "kz";
const password = "correct horse battery";

let root: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-deaths-"));
});

afterAll(() => rm(root, { recursive: true }));

interface Scene extends ExternalFactory {
  readonly url: string;
  readonly end: () => Promise<void>;
}

/** The forge and the factory that stand in this folder, running. */
async function open(home: string): Promise<Scene> {
  const forge = await startForge({ folder: path.join(home, "forge"), host: "127.0.0.1", port: 0 });
  const folder = path.join(home, mark);
  await setEnvironment(folder, { FORGE_URL: forge.url });
  return { folder, mark, url: forge.url, end: () => forge.close() };
}

/** A folder to copy: what these commands leave. */
async function makeTemplate(before: readonly Command[]): Promise<string> {
  const home = path.join(root, `template-${++count}`);
  await mkdir(home);
  const account = { username: "root", email: "root@x.invalid", admin: true, password };
  await createAccount(path.join(home, "forge"), account);
  const { folder } = await createExternalFactory({
    root: home,
    mark,
    url: "http://127.0.0.1:1",
    password,
  });
  const repository = path.join(folder, `${mark}-shop`);
  await cp(path.join(import.meta.dirname, "../support/greeter"), repository, {
    recursive: true,
  });
  await repositories.init(repository);
  const scene = await open(home);
  for (const command of before) await run(scene, command);
  await scene.end();
  return home;
}

async function copy(template: string): Promise<Scene> {
  const home = path.join(root, `scene-${++count}`);
  // SQLite takes its log away a moment after the forge has ended; the second copy is of what stays.
  await cp(template, home, { recursive: true }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    await rm(home, { recursive: true, force: true });
    await cp(template, home, { recursive: true });
  });
  return open(home);
}

type Command = (outside: ExternalFactory) => readonly string[];

const init: Command = ({ folder }) => ["init", path.join(folder, `${mark}-shop`), "--yes"];
const model = ["--local-model", "http://127.0.0.1:1"];
const hire: Command = () => ["hire-an-agent", `${mark}-new`, "dev", ...model];
const fire: Command = () => ["fire", `${mark}-new`];

/** Who has been fired to the last act is unknown to the second command, which says so. */
const isDone = /there is no bot kz-new/;

async function run(outside: ExternalFactory, command: Command): Promise<void> {
  const args = ["--factory", outside.folder, ...command(outside)];
  const { exitCode, output } = await runKillable({ args }, {});
  const isFired = command === fire && exitCode === 2 && isDone.test(output);
  if (exitCode !== 0 && !isFired) throw new Error(output);
}

async function killEvery(title: string, command: Command, before: readonly Command[]) {
  const template = await makeTemplate(before);
  let undisturbed: string | undefined;
  await killAtEvery<Scene>({
    title,
    points: "some",
    atOnce: 2,
    prepare: () => copy(template),
    command: (scene) => ({ args: ["--factory", scene.folder, ...command(scene)] }),
    restart: (scene) => run(scene, command),
    verify: async (scene) => {
      const seen = await describeEndState(scene, { url: scene.url, password });
      undisturbed ??= seen;
      expect(seen).toBe(undisturbed);
    },
    discard: async ({ folder, end }) => {
      await end();
      await rm(path.dirname(folder), { recursive: true });
    },
  });
}

test("init, killed anywhere, is completed by init", async () => {
  await killEvery("init", init, []);
});

test("hire-an-agent, killed anywhere, is completed by hire-an-agent", async () => {
  await killEvery("hire-an-agent", hire, [init]);
});

test("fire, killed anywhere, is completed by fire", async () => {
  await killEvery("fire", fire, [init, hire]);
});
