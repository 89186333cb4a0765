import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Call,
  startTestForge,
  type TestForge,
} from "../../../test/forge-contract/test-forge.ts";
import { WorkTree } from "../../../test/forge-contract/work-tree.ts";
import { run, toolEnvironment } from "../../adapters/process.ts";
import { startForge } from "../serve.ts";

let forge: TestForge;
let dev: { token: string; call: Call };
let tree: WorkTree;
let remote: string;
const repo = "/repos/root/hostile";

const nasty = [
  "'; DROP TABLE issues; --",
  '" OR 1=1 --',
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "../../../etc/passwd",
  "%00\u0000%0d%0aSet-Cookie: a=b",
  "\r\nX-Evil: 1",
  "{{7*7}}`id`$(id)",
  "‮ right to left \u200b zero",
  "😀".repeat(50),
];

beforeAll(async () => {
  forge = await startTestForge();
  dev = await forge.user("dev");
  await forge.admin("POST", "/user/repos", { name: "hostile" });
  await forge.admin("PUT", `${repo}/collaborators/dev`, { permission: "write" });
  remote = forge.remote("root/hostile", dev.token);
  tree = await WorkTree.create();
  await tree.commit("README.md", "hello\n");
  await tree.git("push", "-q", remote, "main");
});

afterAll(async () => {
  await forge.close();
  await tree.remove();
});

test("any text is kept as it is, and the page shows it escaped", async () => {
  for (const text of nasty) {
    const title = text.slice(0, 200);
    const made = await dev.call("POST", `${repo}/issues`, { title, body: text });
    const path = `${repo}/issues/${made.body.number}`;
    await dev.call("POST", `${path}/comments`, { body: text });
    await forge.admin("POST", `${repo}/labels`, {
      name: text,
      color: "#abcdef",
      description: text,
    });

    const read = await dev.call("GET", path);
    const kept = (given: string) => given.replaceAll("\0", "\ufffd");
    expect(read.body).toMatchObject({ title: kept(title), body: kept(text) });
    const page = await fetch(`${forge.url}/root/hostile/issues/${made.body.number}`);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).not.toContain("<script>");
    expect(html).not.toContain("<img");
  }
  expect((await dev.call("GET", `${repo}/issues`)).status).toBe(200);
});

test("hostile names in paths and queries find nothing and break nothing", async () => {
  const names = [
    ...nasty,
    "..",
    ".",
    ".git",
    "a/../../b",
    "%",
    "%zz",
    "*",
    "-x",
    "--upload-pack=x",
  ];
  for (const name of names) {
    const text = encodeURIComponent(name);
    const paths = [
      `/repos/${text}/${text}`,
      `${repo}/branches/${text}`,
      `${repo}/issues/${text}`,
      `${repo}/pulls/${text}`,
      `${repo}/commits/${text}/status`,
      `${repo}/commits/${text}/statuses`,
      `${repo}/issues?labels=${text}&q=${text}&sort=${text}&page=${text}&limit=${text}`,
      `/users/${text}`,
      `${repo}/branch_protections/${text}`,
    ];
    for (const path of paths) {
      const { status } = await forge.admin("GET", path);
      expect([path, status < 500]).toEqual([path, true]);
    }
  }
  for (const raw of ["/%", "/repos/%ff/%fe", "/repos/root/hostile/branches/%c0%ae"]) {
    expect((await forge.admin("GET", raw)).status).toBe(404);
  }
});

test("wrong types in every body are refused, none is a failure of the forge", async () => {
  const bodies = ["", "null", "7", "[]", '"x"', "{", '{"a":', "\u0000", "[".repeat(10_000)];
  const values = [-1, 1e300, true, [], { a: 1 }, "x".repeat(300)];
  const fields = "title body head base name color labels event state context Do permission".split(
    " ",
  );
  const objects = fields.flatMap((field) =>
    values.map((value) => JSON.stringify({ title: "t", name: "n", color: "#fff", [field]: value })),
  );
  const paths = [
    ["POST", `${repo}/issues`],
    ["PATCH", `${repo}/issues/1`],
    ["POST", `${repo}/labels`],
    ["POST", `${repo}/pulls`],
    ["POST", `${repo}/pulls/1/merge`],
    ["POST", `${repo}/branch_protections`],
    ["POST", `${repo}/issues/1/labels`],
    ["POST", "/admin/users"],
    ["POST", "/user/repos"],
  ] as const;
  for (const [method, path] of paths) {
    for (const body of [...bodies, ...objects]) {
      const { status } = await forge.admin(method, path, body);
      expect([method, path, body.slice(0, 60), status < 500]).toEqual([
        method,
        path,
        body.slice(0, 60),
        true,
      ]);
    }
  }
});

test("a huge body is refused while it is read", async () => {
  const { hostname, port } = new URL(forge.url);
  const status = await new Promise<number>((resolve, reject) => {
    const request = httpRequest({
      hostname,
      port,
      method: "POST",
      path: `/api/v1${repo}/issues`,
      headers: { authorization: `token ${dev.token}`, "content-type": "application/json" },
    });
    request.once("response", (response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    request.once("error", reject);
    const chunk = Buffer.alloc(1024 * 1024, " ");
    const more = () => {
      while (request.writable && request.write(chunk));
      request.once("drain", more);
    };
    more();
  });

  expect(status).toBe(413);
});

test("line breaks in a header or a request line reach nothing", async () => {
  const { port } = new URL(forge.url);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), "127.0.0.1");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.on("close", () => resolve(text));
    socket.write(
      "GET /root/hostile.git/info/refs?service=git-upload-pack%0d%0aX-Evil:1 HTTP/1.1\r\nHost: x\r\nGit-Protocol: version=2\u0001\r\nConnection: close\r\n\r\n",
    );
  });

  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/);
  expect(answer).not.toContain("X-Evil");
});

test("bad objects and strange refs are refused, a tree with a .git in it is harmless", async () => {
  const git = async (input: string, ...args: string[]) =>
    (
      await run(["git", ...args], { cwd: tree.folder, env: toolEnvironment(), input })
    ).stdout.trim();
  const blob = await tree.git("rev-parse", "HEAD:README.md");
  const entry = `120000 blob ${blob}\t.git\n`;
  const evilTree = await git(entry, "mktree");
  const evil = await tree.git("commit-tree", evilTree, "-m", "evil");
  await tree.git("push", "-q", remote, `${evil}:refs/heads/evil`);
  const noCommit = await tree.attempt("push", remote, `${blob}:refs/heads/blob`);
  const refused = ["refs/heads/a..b", "refs/heads/x.lock", "refs/../escape", "refs/pull/9/head"];

  for (const ref of refused) {
    expect([ref, (await tree.attempt("push", remote, `main:${ref}`)).exitCode]).not.toContain(0);
  }
  expect(noCommit.exitCode).not.toBe(0);
  expect(await branchNames()).toEqual(["evil", "main"]);
  const pull = { title: "evil", head: "evil", base: "main" };
  expect((await dev.call("POST", `${repo}/pulls`, pull)).status).toBe(201);
});

test("ten thousand lease refs are listed to who asks for them and are no branches", async () => {
  const sha = await tree.git("rev-parse", "main");
  const [repository = ""] = await readdir(join(forge.folder, "repositories"));
  const lines = Array.from({ length: 10_000 }, (_, n) => `create refs/disinto/many/${n} ${sha}\n`);
  // Written on the server's side: pushing so many takes git's client a minute.
  await run(["git", "update-ref", "--stdin"], {
    cwd: join(forge.folder, "repositories", repository),
    env: toolEnvironment(),
    input: lines.join(""),
  });

  const refs = await tree.git("ls-remote", remote, "refs/disinto/many/*");
  expect(refs.split("\n")).toHaveLength(10_000);
  expect(await branchNames()).toHaveLength(2);
});

test("a client that leaves in the middle of a push costs nobody anything", async () => {
  const sha = await tree.git("rev-parse", "main");
  const zero = "0".repeat(40);
  const line = `${zero} ${sha} refs/heads/half\0report-status`;
  const packet = `${(line.length + 4).toString(16).padStart(4, "0")}${line}0000PACK`;
  const { hostname, port } = new URL(forge.url);
  await new Promise<void>((resolve) => {
    const request = httpRequest({
      hostname,
      port,
      method: "POST",
      path: "/root/hostile.git/git-receive-pack",
      headers: {
        authorization: `Basic ${Buffer.from(`x:${dev.token}`).toString("base64")}`,
        "content-type": "application/x-git-receive-pack-request",
        "content-length": "100000",
      },
    });
    request.on("error", () => resolve());
    request.write(packet, () => setTimeout(() => request.destroy(), 50));
  });

  expect((await tree.attempt("push", "-q", remote, "main:half")).exitCode).toBe(0);
  await expect.poll(listBackends, { timeout: 20_000 }).toEqual([]);
});

/** Processes that still serve git in this forge's folder. */
async function listBackends(): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const serving = await Promise.all(
    pids.map(async (pid) => {
      const program = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      return program.includes("http-backend") && cwd.startsWith(forge.folder) ? [pid] : [];
    }),
  );
  return serving.flat();
}

test("a port that is taken is an error of the start, not of the process", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;

  await expect(startForge({ folder: `${forge.folder}/second`, port })).rejects.toThrow(
    "EADDRINUSE",
  );
  taken.close();
});

async function branchNames(): Promise<string[]> {
  const listed = await tree.git("ls-remote", "--heads", remote);
  return listed.split("\n").map((line) => line.replace(/^.*refs\/heads\//, ""));
}
