import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildMirror } from "../../adapters/git/mirror.ts";
import { repositories } from "../../adapters/git/repositories.ts";
import { buildWorkFolders } from "../../adapters/git/work-folders.ts";
import { ownUserFiles } from "../../adapters/session-user/own-user.ts";
import type { BotEvent } from "../../ports/event-log.ts";
import type { Mirror, WorkFolders } from "../../ports/git.ts";
import type { BotTools } from "../tools.ts";
import { enforceDiskLimit, removeLeftovers } from "./disk.ts";

let root: string;
let folders: WorkFolders;
let mirror: Mirror;
let events: BotEvent[];
let head: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-disk-"));
  const url = path.join(root, "shop");
  await mkdir(url);
  await writeFile(path.join(url, "a.txt"), "one\n");
  await repositories.init(url);
  const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
  const folder = path.join(root, "mirror.git");
  mirror = buildMirror({ folder, url, access });
  head = (await mirror.refresh()).get("refs/heads/main") ?? "";
  folders = buildWorkFolders({
    root: path.join(root, "work"),
    mirror: folder,
    userFiles: ownUserFiles,
  });
  events = [];
});

afterEach(() => rm(root, { recursive: true, force: true }));

function toolsWith(diskLimitBytes: number): BotTools {
  const target = { project: { name: "shop" }, mirror, folders };
  const tools = {
    projects: new Map([["shop", target]]),
    events: { append: (event: BotEvent) => void events.push(event) },
    diskLimitBytes,
  };
  return tools as unknown as BotTools;
}

async function fill(name: string, bytes: number): Promise<void> {
  const folder = await folders.prepare(name, { branch: `fix/${name}`, sha: head });
  await writeFile(path.join(folder, "big"), Buffer.alloc(bytes, 1));
}

const names = async () => (await folders.list()).map(({ name }) => name).sort();

test("folders of issues that are over go; the one at hand stays", async () => {
  await fill("issue-1", 10);
  await fill("issue-2", 10);

  await removeLeftovers(toolsWith(0), { project: "shop", issue: 2 });

  expect(await names()).toEqual(["issue-2"]);
});

test("within its limit nothing is touched and nothing is said", async () => {
  await fill("issue-1", 100_000);

  await enforceDiskLimit(toolsWith(2 ** 30));

  expect([await names(), events]).toEqual([["issue-1"], []]);
});

test("over its limit the oldest folders go until it is kept, and that is told", async () => {
  await fill("issue-1", 3_000_000);
  await fill("issue-2", 1_000_000);
  const sizes = await folders.list();
  const small = sizes.find(({ name }) => name === "issue-2")?.bytes ?? 0;
  const limitBytes = (await mirror.sizeBytes()) + small + 500_000;

  await enforceDiskLimit(toolsWith(limitBytes));

  expect(await names()).toEqual(["issue-2"]);
  expect(events).toEqual([
    {
      type: "disk.cleaned",
      bytesBefore: expect.any(Number),
      bytes: expect.any(Number),
      limitBytes,
    },
  ]);
  const [told] = events;
  expect(told?.type === "disk.cleaned" && told.bytes <= limitBytes).toBe(true);
});
