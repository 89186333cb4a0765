/**
 * 300 leases, eight takers each, by real `git push` over HTTP. A push carries several leases at once, each decided for
 * itself, so that starting processes is not most of the work. A barrier lets no taker send before all eight have seen
 * that the leases are free: the server alone decides.
 */
import { chmod, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestForge, type TestForge } from "../../test/forge-contract/test-forge.ts";
import { WorkTree } from "../../test/forge-contract/work-tree.ts";

const takers = 8;
const races = Number(process.env.DISINTO_RACES ?? 300);
const racesPerPush = 30;

let forge: TestForge;
let tree: WorkTree;
let remote: string;
let barrier: Server;

beforeAll(async () => {
  forge = await startTestForge();
  await forge.admin("POST", "/user/repos", { name: "races" });
  const { token } = await forge.user("taker");
  await forge.admin("PUT", "/repos/root/races/collaborators/taker", { permission: "write" });
  remote = forge.remote("root/races", token);
  tree = await WorkTree.create();
  barrier = await openBarrier();
  const hook = join(tree.folder, ".git/hooks/pre-push");
  const { port } = barrier.address() as AddressInfo;
  await writeFile(hook, `#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/${port}\nread -r _ <&3\n`);
  await chmod(hook, 0o755);
});

afterAll(async () => {
  barrier.close();
  await tree.remove();
  await forge.close();
});

/** Who connects waits until all takers have. */
async function openBarrier(): Promise<Server> {
  let waiting: Socket[] = [];
  const server = createServer((socket) => {
    waiting.push(socket.on("error", () => undefined));
    if (waiting.length < takers) return;
    for (const other of waiting) other.end("go\n");
    waiting = [];
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** One commit for each taker of each lease: with the same commit a second taker would be told "up to date". */
async function makeCommits(count: number): Promise<string[]> {
  const empty = await tree.git("hash-object", "-t", "tree", "-w", "/dev/null");
  const author = `Ada <ada@example.com> 1700000000 +0000`;
  const commits = Array.from({ length: count }, (_, at) => {
    const text = `tree ${empty}\nauthor ${author}\ncommitter ${author}\n\n${at}\n`;
    return { file: join(tree.folder, `commit-${at}`), text };
  });
  await Promise.all(commits.map(({ file, text }) => writeFile(file, text)));
  const files = commits.map(({ file }) => file);
  return (await tree.git("hash-object", "-t", "commit", "-w", "--", ...files)).split("\n");
}

interface Attempt {
  readonly ref: string;
  readonly commit: string;
}

/** One push for all; answers what was taken, and how many the server, not the client, refused. */
async function take(attempts: readonly Attempt[]) {
  const leases = attempts.map(({ ref }) => `--force-with-lease=${ref}:`);
  const specs = attempts.map(({ ref, commit }) => `${commit}:${ref}`);
  const { stdout } = await tree.attempt("push", "--porcelain", ...leases, remote, ...specs);
  const lines = stdout.split("\n").map((line) => line.split("\t"));
  const taken = lines.filter(([flag = ""]) => /^[ *+=]$/.test(flag)).map(([, spec = ""]) => spec);
  const refused = lines.filter(([flag, , words]) => flag === "!" && words?.includes("remote"));
  return { taken, refused: refused.length };
}

/** Every taker begins at another lease, so that they meet in the middle of each other's pushes. */
function turned<Item>(items: readonly Item[], by: number): Item[] {
  const start = Math.floor((items.length * by) / takers);
  return [...items.slice(start), ...items.slice(0, start)];
}

test(`${races} leases with ${takers} takers each have one holder each`, async () => {
  const commits = await makeCommits(races * takers);
  const refs = Array.from({ length: races }, (_, race) => `refs/disinto/claims/${race}`);
  const attemptsOf = (taker: number): Attempt[] =>
    refs.map((ref, race) => ({ ref, commit: commits[race * takers + taker] ?? "" }));
  const won: string[] = [];
  let refused = 0;

  for (let from = 0; from < races; from += racesPerPush) {
    const pushes = Array.from({ length: takers }, (_, taker) => {
      const mine = attemptsOf(taker).slice(from, from + racesPerPush);
      return take(turned(mine, taker));
    });
    for (const push of await Promise.all(pushes)) {
      won.push(...push.taken);
      refused += push.refused;
    }
  }

  const standing = (await tree.git("ls-remote", remote, "refs/disinto/*")).split("\n");
  const held = standing.map((line) => line.split("\t").join(":"));
  expect(won).toHaveLength(races);
  expect(won.toSorted()).toEqual(held.toSorted());
  expect(refused).toBe(races * (takers - 1));
});
