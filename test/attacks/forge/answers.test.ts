/** A forge that wants its client's memory, disk or time: every answer and every list has an end for whoever asks. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { buildForge } from "../../../src/adapters/forgejo/forge.ts";
import { buildMirror } from "../../../src/adapters/git/mirror.ts";
import { runOrThrow } from "../../../src/adapters/process.ts";
import type { Forge } from "../../../src/ports/forge.ts";

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

const endless = {
  text: `"${"x".repeat(65_000)}",`,
  spaces: " ".repeat(65_000),
  "lists in lists": "[".repeat(65_000),
};

test.each(Object.entries(endless))(
  "an answer of %s without end is given up, as a failure of that request",
  async (_, chunk) => {
    const forge = await serve((_, write) => {
      write(chunk);
      return true;
    });

    await expect(forge.whoami()).rejects.toMatchObject({ code: "forge.too-large" });
  },
);

test.each([20_000, 1_000_000])(
  "an answer of %i lists in lists is none of Forgejo's",
  async (depth) => {
    const forge = await serve((_, write) => {
      write("[".repeat(depth) + "]".repeat(depth));
      return false;
    });

    await expect(forge.whoami()).rejects.toMatchObject({ code: "forge.not-forgejo" });
  },
);

/** What a bot lists of strangers' doing. */
const lists: Readonly<Record<string, (forge: Forge) => Promise<unknown>>> = {
  issues: (forge) => forge.issues(repo).listOpen(),
  reviews: (forge) => forge.reviews(repo).of(1),
  "changed files": (forge) => forge.pulls(repo).files(1),
};
const review = {
  id: 1,
  state: "APPROVED",
  user: { login: "eve" },
  body: "",
  commit_id: "x",
  stale: false,
  official: true,
  dismissed: false,
  submitted_at: "2026-01-01T00:00:00Z",
  comments_count: 0,
};

test.each(Object.entries(lists))(
  "a list of %s without end is given up",
  async (_, list) => {
    const entry = { ...issue(1, ""), ...review, filename: "a", status: "added", state: "APPROVED" };
    const page = JSON.stringify(
      Array.from({ length: 50 }, () => ({
        ...entry,
        state: list === lists.issues ? "open" : "APPROVED",
      })),
    );
    const forge = await serve((_, write) => {
      write(page);
      return false;
    });

    await expect(list(forge)).rejects.toMatchObject({ code: "forge.too-large" });
  },
  120_000,
);

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

/** A tree of one entry, as no git writes it. */
async function writeTree(origin: string, mode: string, name: string): Promise<string> {
  const here = { cwd: origin };
  const blob = await runOrThrow(["git", "hash-object", "-w", "--stdin"], { ...here, input: "x" });
  const inner = await runOrThrow(["git", "mktree"], {
    ...here,
    input: `100644 blob ${blob.trim()}\thooks\n`,
  });
  const file = path.join(origin, "tree");
  const entry = Buffer.from((mode === "40000" ? inner : blob).trim(), "hex");
  await writeFile(file, Buffer.concat([Buffer.from(`${mode} ${name}\0`), entry]));
  const write = ["git", "hash-object", "-t", "tree", "--literally", "-w", file] as const;
  return (await runOrThrow(write, here)).trim();
}

const trees: readonly (readonly [string, string])[] = [
  ["40000", ".git"],
  ["40000", ".GIT"],
  ["40000", "git~1"],
  ["40000", ".g\u200cit"],
  ["40000", ".."],
  ["100644", "a/b"],
  ["120000", ".gitmodules"],
];

test.each(trees)("a tree with %s %s is not brought into a mirror", async (mode, name) => {
  const root = await mkdtemp(path.join(tmpdir(), "disinto-hostile-"));
  try {
    const origin = path.join(root, "origin.git");
    const here = { cwd: origin };
    await runOrThrow(["git", "init", "--quiet", "--bare", origin]);
    const tree = await writeTree(origin, mode, name);
    const identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"] as const;
    const commit = await runOrThrow(["git", ...identity, "commit-tree", tree, "-m", "x"], here);
    await runOrThrow(["git", "update-ref", "refs/heads/main", commit.trim()], here);
    const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
    const mirror = buildMirror({ folder: path.join(root, "mirror.git"), url: origin, access });

    await expect(mirror.refresh()).rejects.toMatchObject({ code: "git.failed" });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
