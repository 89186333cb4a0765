import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Built,
  buildForge,
  type ForgeProcess,
  spawnForge,
} from "../../test/forge-contract/built-forge.ts";
import { type Call, caller } from "../../test/forge-contract/test-forge.ts";
import { WorkTree } from "../../test/forge-contract/work-tree.ts";
import { createAccount, generateAccessToken } from "./admin.ts";

let built: Built;
let folder: string;
let forge: ForgeProcess;
let admin: Call;
let token: string;
let tree: WorkTree;
const repo = "/repos/root/work";

beforeAll(async () => {
  built = await buildForge();
  folder = await mkdtemp(join(tmpdir(), "disinto-forge-"));
  const account = { username: "root", email: "root@example.com", admin: true };
  await createAccount(folder, { ...account, password: "a long password" });
  const wanted = { username: "root", name: "tests", scopes: ["all"], raw: true };
  [token = ""] = await generateAccessToken(folder, wanted);
  forge = await spawnForge(built, { folder, port: 0 });
  admin = caller(forge.url, `token ${token}`);
  await admin("POST", "/user/repos", { name: "work" });
  tree = await WorkTree.create();
  await tree.commit("README.md", "hello\n");
  await tree.git("push", "-q", remote(), "main");
});

afterAll(async () => {
  await forge.kill();
  await built.remove();
  await rm(folder, { recursive: true, force: true });
  await tree.remove();
});

function remote(): string {
  return `${forge.url.replace("://", `://x:${token}@`)}/root/work.git`;
}

/** The most that the process ever held, in megabytes. */
async function peakMemory(): Promise<number> {
  const status = await readFile(`/proc/${forge.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

test("a push of 96 MB passes through without being held in memory", async () => {
  const before = await peakMemory();
  await tree.git("config", "core.compression", "0");
  await tree.git("checkout", "-q", "-b", "large");
  for (const name of ["a", "b"]) {
    await tree.commit(`${name}.bin`, randomBytes(32_000_000).toString("latin1"));
  }

  await tree.git("push", "-q", remote(), "large");

  expect(await tree.git("ls-remote", remote(), "large")).toContain("refs/heads/large");
  expect((await peakMemory()) - before).toBeLessThan(64);
});

test("a push whose client leaves once it has sent all is finished, and what it causes happens", async () => {
  await tree.git("checkout", "-q", "-b", "left", "main");
  const old = await tree.commit("left.txt", "one\n");
  await tree.git("push", "-q", remote(), "left");
  const pull = await admin("POST", `${repo}/pulls`, { title: "l", head: "left", base: "main" });
  const sha = await tree.commit("left.txt", "two\n");
  const pack = await packOf(`${old}..${sha}`);
  const line = `${old} ${sha} refs/heads/left\0report-status`;
  const command = `${(line.length + 4).toString(16).padStart(4, "0")}${line}0000`;

  await sendAndLeave(Buffer.concat([Buffer.from(command), pack]));

  await expect
    .poll(async () => (await admin("GET", `${repo}/pulls/${pull.body.number}`)).body.head?.sha, {
      timeout: 20_000,
    })
    .toBe(sha);
  const seen = await tree.git("ls-remote", remote(), `refs/pull/${pull.body.number}/head`);
  expect(seen).toContain(sha);
});

async function packOf(range: string): Promise<Buffer> {
  const file = join(folder, "push");
  const list = await tree.git("rev-list", "--objects", range);
  const { runOrThrow } = await import("../adapters/process.ts");
  const names = list.replace(/ .*$/gm, "");
  const argv = ["git", "pack-objects", "-q", file] as const;
  const hash = (await runOrThrow(argv, { cwd: tree.folder, input: `${names}\n` })).trim();
  return await readFile(`${file}-${hash}.pack`);
}

/** The connection is gone before the forge can have answered. */
async function sendAndLeave(body: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    const request = httpRequest(`${forge.url}/root/work.git/git-receive-pack`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`x:${token}`).toString("base64")}`,
        "content-type": "application/x-git-receive-pack-request",
        "content-length": body.length,
      },
    });
    request.on("error", () => undefined);
    request.on("close", () => resolve());
    request.end(body, () => request.destroy());
  });
}
