/** Figures of the embedded forge: a process of its own over a full repository; git beside a plain http-backend. */
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const main = path.resolve("dist/main.js");
const exec = promisify(execFile);
const counts = { issues: 2000, pulls: 300, refs: 10_000 };
const rounds = { request: 60, git: 5 };
const repo = "/api/v1/repos/root/work";
const environment = {
  ...process.env,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
};

/** Rows of name, median or memory, and what it may be. */
export async function measureForge() {
  const root = mkdtempSync(path.join(tmpdir(), "bench-"));
  const forge = await startForge(path.join(root, "forge"));
  const plain = await servePlainly(path.join(root, "forge/repositories"));
  try {
    const idle = memoryOf(forge.pid);
    const tree = makeTree(path.join(root, "tree"));
    await fill(forge, tree);
    return [
      { name: "forge, memory idle and empty", mb: idle },
      ...(await measureRequests(forge)),
      ...(await measureGit(forge, { tree, plain: plain.url, root })),
      ...(await measureLoad(forge)),
    ];
  } finally {
    await plain.close();
    await forge.close();
    rmSync(root, { recursive: true });
  }
}

async function startForge(folder) {
  const account = ["--username", "root", "--email", "root@example.com", "--admin"];
  const disinto = (...args) =>
    execFileSync(process.execPath, [main, "forge", ...args, "--folder", folder], {
      encoding: "utf8",
    });
  disinto("admin", "user", "create", ...account, "--random-password");
  const wanted = ["--username", "root", "--raw"];
  const token = disinto("admin", "user", "generate-access-token", ...wanted).trim();
  const args = [main, "forge", "serve", "--port", "0", "--folder", folder];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const url = await new Promise((resolve, reject) => {
    child.once("close", (code) => reject(new Error(`the forge ended with ${code}`)));
    const look = (chunk) => {
      const found = /http:\/\/[\d.:]+/.exec(chunk.toString());
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
  });
  const call = async (method, route, body) => {
    const headers = { authorization: `token ${token}`, "content-type": "application/json" };
    const response = await fetch(`${url}${route}`, { method, headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const close = () =>
    new Promise((resolve) => {
      child.once("close", resolve);
      child.kill("SIGTERM");
    });
  const remote = `${url.replace("://", `://x:${token}@`)}/root/work.git`;
  return { url, pid: child.pid, folder, call, remote, close };
}

/** A work folder with 200 files on main, a branch for each pull request, and the other refs. */
function makeTree(folder) {
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", folder], { env: environment });
  const commit = (ref, from, files) =>
    [
      `commit ${ref}\ncommitter Ada <ada@example.com> 1700000000 +0000\ndata 1\nx`,
      ...from,
      ...files.map(([name, text]) => `M 100644 inline ${name}\ndata ${text.length}\n${text}`),
    ].join("\n");
  const files = Array.from({ length: 200 }, (_, at) => [
    `d${at % 20}/f${at}`,
    `${at}\n`.repeat(50),
  ]);
  const pulls = Array.from({ length: counts.pulls }, (_, at) =>
    commit(`refs/heads/pull-${at}`, ["from refs/heads/main"], [[`pull-${at}`, "x\n"]]),
  );
  const left = counts.refs - counts.pulls - 1;
  const refs = Array.from(
    { length: left },
    (_, at) =>
      `reset refs/${at % 2 ? "heads/more" : "disinto/claims"}/${at}\nfrom refs/heads/main\n`,
  );
  const input = [commit("refs/heads/main", [], files), ...pulls, ...refs].join("\n");
  execFileSync("git", ["-c", "core.fsync=none", "fast-import", "--quiet"], {
    cwd: folder,
    input,
    env: environment,
  });
  return folder;
}

async function fill({ call, remote, folder }, tree) {
  await call("POST", "/api/v1/user/repos", { name: "work" });
  await git(tree, "push", "--quiet", remote, "main");
  await git(tree, "push", "--quiet", remote, "refs/heads/pull-*:refs/heads/pull-*");
  const labels = await Promise.all(
    ["bug", "idea", "blocked"].map((name) =>
      call("POST", `${repo}/labels`, { name, color: "#aabbcc" }),
    ),
  );
  await inTurns(counts.issues, async (at) => {
    const label = labels[at % labels.length].id;
    const body = `What happens, and what should.\n`.repeat(20);
    await call("POST", `${repo}/issues`, { title: `issue ${at}`, body, labels: [label] });
  });
  await inTurns(counts.pulls, async (at) => {
    const head = `pull-${at}`;
    const pull = await call("POST", `${repo}/pulls`, { title: head, head, base: "main" });
    if (at < 20)
      for (const context of ["ci/test", "ci/lint", "review"]) {
        await call("POST", `${repo}/statuses/${pull.head.sha}`, { state: "success", context });
      }
  });
  // Not pushed: git would wait for the disk ten thousand times.
  const bare = path.join(folder, "repositories/1.git");
  await git(bare, "-c", "core.fsync=none", "fetch", "--quiet", tree, "refs/*:refs/*");
}

/** A few at a time. */
async function inTurns(count, act) {
  let next = 0;
  const worker = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

const requests = {
  "list issues": `${repo}/issues?state=open&type=issues&limit=50`,
  "filter issues by label": `${repo}/issues?state=open&labels=blocked&limit=50`,
  "page 40 of issues": `${repo}/issues?state=all&type=issues&limit=50&page=40`,
  "list pull requests": `${repo}/pulls?state=open&limit=50`,
  "one pull request": `${repo}/pulls/${counts.issues + 1}`,
  "combined status": `${repo}/commits/pull-0/status`,
};

async function measureRequests({ call }) {
  const rows = [];
  for (const [name, route] of Object.entries(requests)) {
    await call("GET", route);
    const times = await timesOf(rounds.request, () => call("GET", route));
    rows.push(
      { name: `forge, ${name}`, ms: at(times, 0.5), atMost: 20 },
      { name: `forge, ${name}, p95`, ms: at(times, 0.95), atMost: 50 },
    );
  }
  return rows;
}

/** Clone and push, in turns with the same work through nothing but http-backend. */
async function measureGit({ remote }, { tree, plain, root }) {
  const times = { ours: { clone: [], push: [] }, plain: { clone: [], push: [] } };
  for (let round = 0; round < rounds.git; round++) {
    for (const [name, url] of Object.entries({ ours: remote, plain })) {
      const into = path.join(root, `clone-${name}-${round}`);
      const clone = ["clone", "--quiet", "--single-branch", "--branch=main", url, into];
      times[name].clone.push(await timed(() => git(root, ...clone)));
      const push = ["push", "--quiet", url, `main:refs/heads/pushed-${name}-${round}`];
      times[name].push.push(await timed(() => git(tree, ...push)));
    }
  }
  return ["clone", "push"].flatMap((act) => [
    { name: `forge, ${act}`, ms: at(times.ours[act], 0.5) },
    { name: `plain http-backend, ${act}`, ms: at(times.plain[act], 0.5) },
  ]);
}

/** The most that the process held while eight clients listed, read and wrote. */
async function measureLoad({ call, pid }) {
  const routes = Object.values(requests);
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, async (_, client) => {
      for (let turn = 0; turn < 10; turn++) {
        await call("GET", routes[(client + turn) % routes.length]);
        await call("POST", `${repo}/issues/${client + 1}/comments`, { body: "still here" });
        most = Math.max(most, memoryOf(pid));
      }
    }),
  );
  return [{ name: "forge, memory under load of 8 clients", mb: most }];
}

/** Megabytes resident, of the process alone. */
function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** git's http-backend over the same repositories, with no one between. */
async function servePlainly(folder) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const env = {
      ...environment,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: pathname,
      QUERY_STRING: searchParams.toString(),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: request.headers["git-protocol"] ?? "",
      REMOTE_USER: "root",
    };
    const child = spawn("git", ["http-backend"], { env, stdio: ["pipe", "pipe", "ignore"] });
    request.pipe(child.stdin);
    const parts = [];
    child.stdout.on("data", (part) => parts.push(part));
    child.once("close", () => {
      const answer = Buffer.concat(parts);
      const end = answer.indexOf("\r\n\r\n");
      for (const line of answer.subarray(0, end).toString().split("\r\n")) {
        const [name, value] = line.split(/: (.*)/);
        if (name === "Status") response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(answer.subarray(end + 4));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { url: `http://127.0.0.1:${server.address().port}/1.git`, close };
}

async function git(cwd, ...args) {
  await exec("git", args, { cwd, env: environment });
}

async function timesOf(count, act) {
  const times = [];
  for (let round = 0; round < count; round++) times.push(await timed(act));
  return times;
}

async function timed(act) {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

function at(times, share) {
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * share)];
}
