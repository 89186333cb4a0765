import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Mirror } from "../../ports/git.ts";
import { runOrThrow } from "../process.ts";
import { buildMirror } from "./mirror.ts";
import { repositories } from "./repositories.ts";

let root: string;
let origin: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-mirror-"));
  origin = path.join(root, "origin");
  await runOrThrow(["mkdir", origin]);
  await writeFile(path.join(origin, "a.txt"), "one\n");
  await repositories.init(origin);
});

afterAll(() => rm(root, { recursive: true, force: true }));

function openMirror(name: string): { mirror: Mirror; folder: string } {
  const folder = path.join(root, name);
  const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
  return { folder, mirror: buildMirror({ folder, url: origin, access }) };
}

/** Thirty branches on a new commit each time. */
async function moveBranches(round: number): Promise<void> {
  const identity = ["-c", "user.name=x", "-c", "user.email=x@bots.invalid"];
  await runOrThrow(["git", ...identity, "commit", "--quiet", "--allow-empty", "-m", `${round}`], {
    cwd: origin,
  });
  const input = Array.from(
    { length: 30 },
    (_, index) => `update refs/heads/moving/${index} HEAD\n`,
  ).join("");
  await runOrThrow(["git", "update-ref", "--stdin"], { cwd: origin, input });
}

test("refreshes at once do not fight over the refs they bring, nor over making the mirror", async () => {
  const { mirror } = openMirror("crowded.git");

  for (let round = 0; round < 5; round++) {
    await moveBranches(round);
    const answers = await Promise.all(Array.from({ length: 6 }, () => mirror.refresh()));

    expect(new Set(answers.map((refs) => refs.size))).toEqual(new Set([31]));
  }
});

test("a mirror that lost its objects or its folder is cloned again by itself", async () => {
  const { mirror, folder } = openMirror("damaged.git");
  const before = await mirror.refresh();
  await rm(path.join(folder, "objects"), { recursive: true });

  expect(await mirror.refresh()).toEqual(before);

  await rm(folder, { recursive: true });
  expect(await mirror.refresh()).toEqual(before);
});

test("a remote that does not answer is said, and costs the mirror nothing", async () => {
  const { mirror, folder } = openMirror("lonely.git");
  await mirror.refresh();
  const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "s3cret" };
  const away = buildMirror({ folder, url: "http://127.0.0.1:1/x/y.git", access });

  const failure = await away.refresh().catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: "forge.unavailable" });
  expect(String(failure)).not.toContain("s3cret");
  expect((await mirror.refresh()).size).toBe(31);
});

test("fetching some refs brings these and no branch, and forgets those that are gone", async () => {
  const { mirror } = openMirror("narrow.git");
  const seed = openMirror("seed.git").mirror;
  const note = await seed.objects.note("a lease\n");
  const refs = ["refs/disinto/slots/a/0", "refs/disinto/slots/b/0"];
  await seed.swap(refs.map((ref) => ({ ref, from: undefined, to: note })));

  expect(await mirror.fetchRefs("refs/disinto/slots/a/*")).toEqual(new Map([[refs[0], note]]));
  expect(await mirror.objects.readMessage(note)).toContain("a lease");
  const main = (await mirror.readRefs(["refs/heads/main"])).get("refs/heads/main") ?? "";
  await expect(mirror.objects.treeOf(main)).rejects.toThrow("rev-parse");

  await seed.swap([{ ref: refs[0] ?? "", from: note, to: undefined }]);
  expect(await mirror.fetchRefs("refs/disinto/slots/a/*")).toEqual(new Map());
});
