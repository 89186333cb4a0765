import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RepositoryForge } from "../../../test/forge-contract/repository-forge.ts";

let own: RepositoryForge;

beforeAll(async () => {
  own = await RepositoryForge.start();
});

afterAll(() => own.close());

/** The most that the process ever held, in megabytes. */
async function peakMemory(): Promise<number> {
  const status = await readFile(`/proc/${own.forge.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

test("a push of 96 MB passes through without being held in memory", async () => {
  const before = await peakMemory();
  await own.tree.git("config", "core.compression", "0");
  await own.tree.git("checkout", "-q", "-b", "large");
  for (const name of ["a", "b"]) {
    await own.tree.commit(`${name}.bin`, randomBytes(32_000_000).toString("latin1"));
  }

  await own.tree.git("push", "-q", own.remote, "large");

  expect(await own.tree.git("ls-remote", own.remote, "large")).toContain("refs/heads/large");
  expect((await peakMemory()) - before).toBeLessThan(64);
});

test("a push whose client leaves once it has sent all is finished, and what it causes happens", async () => {
  await own.tree.git("checkout", "-q", "-b", "left", "main");
  const old = await own.tree.commit("left.txt", "one\n");
  await own.tree.git("push", "-q", own.remote, "left");
  const pull = await own.admin("POST", `${own.path}/pulls`, {
    title: "l",
    head: "left",
    base: "main",
  });
  const sha = await own.tree.commit("left.txt", "two\n");
  const pack = await packOf(`${old}..${sha}`);
  const line = `${old} ${sha} refs/heads/left\0report-status`;
  const command = `${(line.length + 4).toString(16).padStart(4, "0")}${line}0000`;

  await sendAndLeave(Buffer.concat([Buffer.from(command), pack]));

  await expect
    .poll(
      async () => (await own.admin("GET", `${own.path}/pulls/${pull.body.number}`)).body.head?.sha,
      {
        timeout: 20_000,
      },
    )
    .toBe(sha);
  const seen = await own.tree.git("ls-remote", own.remote, `refs/pull/${pull.body.number}/head`);
  expect(seen).toContain(sha);
});

async function packOf(range: string): Promise<Buffer> {
  const file = join(own.folder, "push");
  const list = await own.tree.git("rev-list", "--objects", range);
  const { runOrThrow } = await import("../../adapters/process.ts");
  const names = list.replace(/ .*$/gm, "");
  const argv = ["git", "pack-objects", "-q", file] as const;
  const hash = (await runOrThrow(argv, { cwd: own.tree.folder, input: `${names}\n` })).trim();
  return await readFile(`${file}-${hash}.pack`);
}

/** The connection is gone before the forge can have answered. */
async function sendAndLeave(body: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    const request = httpRequest(`${own.forge.url}/root/work.git/git-receive-pack`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`x:${own.token}`).toString("base64")}`,
        "content-type": "application/x-git-receive-pack-request",
        "content-length": body.length,
      },
    });
    request.on("error", () => undefined);
    request.on("close", () => resolve());
    request.end(body, () => request.destroy());
  });
}
