/** A forge that wants its client's memory, disk or time: every answer and every list has an end for whoever asks. */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { buildForge } from "../../../src/adapters/forgejo/forge.ts";
import { buildMirror } from "../../../src/adapters/git/mirror.ts";
import { run, runOrThrow } from "../../../src/adapters/process.ts";

let server: Server | undefined;
const repo = { owner: "acme", name: "shop" };

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: (url: URL, write: (chunk: string) => boolean) => boolean) {
  server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://x");
    response.writeHead(200, { "content-type": "application/json" });
    const go = () => {
      while (!response.destroyed) {
        let isFull = false;
        const more = answer(url, (chunk) => {
          isFull = !response.write(chunk);
          return !isFull;
        });
        if (!more) return void response.end();
        if (isFull) return void response.once("drain", go);
      }
    };
    go();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return buildForge({ url: `http://127.0.0.1:${port}`, token: "t" });
}

function issue(number: number, body: string) {
  const user = { login: "stranger" };
  const dates = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
  return { number, title: "t", body, user, state: "open", labels: [], assignees: [], ...dates };
}

test("an answer without end is given up, as a failure of that request", async () => {
  const chunk = `"${"x".repeat(65_000)}",`;
  const forge = await serve((_, write) => {
    write(chunk);
    return true;
  });

  await expect(forge.whoami()).rejects.toMatchObject({ code: "forge.too-large" });
});

test("a list without end is given up", async () => {
  const page = JSON.stringify(Array.from({ length: 50 }, (_, n) => issue(n, "")));
  const forge = await serve((_, write) => {
    write(page);
    return false;
  });

  await expect(forge.issues(repo).listOpen()).rejects.toMatchObject({ code: "forge.too-large" });
}, 120_000);

test("texts that no page takes are read one by one, and one that no answer takes is left out", async () => {
  const big = "x".repeat(2_000_000);
  const bodies = Array.from({ length: 30 }, (_, n) => (n === 7 ? "x".repeat(40_000_000) : big));
  const forge = await serve((url, write) => {
    const [page, limit] = ["page", "limit"].map((key) => Number(url.searchParams.get(key)));
    const from = ((page ?? 1) - 1) * (limit ?? 50);
    const shown = bodies.slice(from, from + (limit ?? 50));
    write(JSON.stringify(shown.map((body, at) => issue(from + at, body))));
    return false;
  });

  const issues = await forge.issues(repo).listOpen();

  expect(issues.map(({ number }) => number)).toEqual(
    bodies.map((_, n) => n).filter((n) => n !== 7),
  );
  // What has no label is kept only as far as memory is meant for it.
  expect(issues.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThan(33_000_000);
}, 120_000);

test("of a review only its author's remarks are read: whoever may read can hang one on it", async () => {
  const remark = { path: "a.txt", position: 1, original_position: 0 };
  const forge = await serve((_, write) => {
    const own = { ...remark, body: "why?", user: { login: "Ada" } };
    const others = [{ login: "eve" }, null].map((user) => ({ ...remark, body: "evil", user }));
    write(JSON.stringify([...others, own]));
    return false;
  });

  const said = await forge.reviews(repo).commentsOf(1, { id: 2, author: "ada" });

  expect(said).toEqual([{ path: "a.txt", line: 1, body: "why?" }]);
});

test("a tree that names the repository's own folder is not brought into a mirror", async () => {
  const root = await mkdtemp(path.join(tmpdir(), "disinto-hostile-"));
  try {
    const origin = path.join(root, "origin.git");
    const here = { cwd: origin };
    await runOrThrow(["git", "init", "--quiet", "--bare", origin]);
    const blob = await runOrThrow(["git", "hash-object", "-w", "--stdin"], { ...here, input: "x" });
    const inner = await runOrThrow(["git", "mktree"], {
      ...here,
      input: `100644 blob ${blob.trim()}\thooks\n`,
    });
    const tree = await run(["git", "mktree"], {
      ...here,
      input: `040000 tree ${inner.trim()}\t.git\n`,
    });
    const identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"] as const;
    const commit = await runOrThrow(
      ["git", ...identity, "commit-tree", tree.stdout.trim(), "-m", "x"],
      here,
    );
    await runOrThrow(["git", "update-ref", "refs/heads/main", commit.trim()], here);
    const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
    const mirror = buildMirror({ folder: path.join(root, "mirror.git"), url: origin, access });

    await expect(mirror.refresh()).rejects.toMatchObject({ code: "git.failed" });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
