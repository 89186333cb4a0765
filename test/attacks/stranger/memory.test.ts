/** A client that wants the embedded forge's memory: the forge, with all that it starts, stays within what a container of it has. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { run } from "../../../src/adapters/process.ts";
import { findFreePort } from "../../../src/apply/free-port.ts";
import { coreLimits } from "../../../src/core/service.ts";
import { createAccount, generateAccessToken } from "../../../src/forge/users/admin.ts";
import { type Call, caller } from "../../forge-contract/test-forge.ts";
import { buildEndlessPack, pushOf } from "../../support/endless-pack.ts";
import { Processes } from "../../support/processes.ts";

const LIMIT_MB = Number.parseInt(coreLimits.memory, 10) * 1024;
const processes = new Processes();
let folder: string;
let url: string;
let owner: { call: Call; token: string };
let stranger: { call: Call; token: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "disinto-memory-"));
  for (const username of ["owner", "stranger"])
    await createAccount(folder, {
      username,
      email: `${username}@example.com`,
      admin: false,
      mustChangePassword: false,
      password: `${username}-password`,
    });
  const scopes = ["write:repository", "write:issue", "write:user"];
  const [own = ""] = await generateAccessToken(folder, {
    username: "owner",
    name: "t",
    scopes,
    raw: true,
  });
  const [other = ""] = await generateAccessToken(folder, {
    username: "stranger",
    name: "t",
    scopes,
    raw: true,
  });
  url = await processes.startForge(folder, await findFreePort());
  owner = { call: caller(url, `token ${own}`), token: own };
  stranger = { call: caller(url, `token ${other}`), token: other };
  await owner.call("POST", "/user/repos", { name: "shop", auto_init: true });
});

afterAll(async () => {
  await processes.endAll();
  await rm(folder, { recursive: true, force: true });
});

/** Memory of the forge and everything that it has started, in MB. */
function measureTree(): number {
  const status = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/status`, "utf8");
    } catch {
      return "";
    }
  };
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const known = new Map(all.map((pid) => [pid, status(pid)]));
  const parentOf = (pid: string) => /^PPid:\t(\d+)$/m.exec(known.get(pid) ?? "")?.[1] ?? "0";
  const root = all.find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`--folder\0${folder}`);
    } catch {
      return false;
    }
  });
  const isOurs = (pid: string): boolean =>
    pid === root || (pid !== "0" && pid !== "1" && isOurs(parentOf(pid)));
  const sizes = all.filter(isOurs).map((pid) => {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(known.get(pid) ?? "")?.[1] ?? 0);
  });
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

/** The most that it takes while this goes on. */
async function watch(work: () => Promise<void>): Promise<number> {
  let most = measureTree();
  const timer = setInterval(() => {
    most = Math.max(most, measureTree());
  }, 100);
  await work().finally(() => clearInterval(timer));
  return most;
}

/** What a bot asks for. */
async function expectService(): Promise<void> {
  const listed = await owner.call("GET", "/repos/owner/shop/issues?state=open&limit=10");
  expect(listed.status).toBe(200);
  const remote = url.replace("://", `://owner:${owner.token}@`);
  const header = `http.extraHeader=Authorization: Basic ${Buffer.from(`owner:${owner.token}`).toString("base64")}`;
  const refs = await run(["git", "-c", header, "ls-remote", `${remote}/owner/shop.git`]);
  expect(refs.stdout).toContain("refs/heads/main");
}

test.each([
  ["without end", 2_000],
  ["as far as memory might go", 40],
])(
  "seven objects that expand %s are refused, and the forge goes on",
  async (_, copies) => {
    const body = pushOf(buildEndlessPack(copies), "bomb");
    expect(body.length).toBeLessThan(200_000);
    const most = await watch(async () => {
      await Promise.all(
        Array.from({ length: 3 }, async () => {
          const answer = await fetch(`${url}/owner/shop.git/git-receive-pack`, {
            method: "POST",
            headers: {
              authorization: `Basic ${Buffer.from(`owner:${owner.token}`).toString("base64")}`,
              "content-type": "application/x-git-receive-pack-request",
            },
            body: new Uint8Array(body),
          });
          expect(await answer.text()).not.toContain("unpack ok");
        }),
      );
      await expectService();
    });

    process.stdout.write(`seven objects: ${Math.round(most)} MB at most\n`);
    expect(most).toBeLessThan(LIMIT_MB);
  },
  300_000,
);

test("700 git requests of one that never end leave the factory to its bots", async () => {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  let refused = 0;
  const most = await watch(async () => {
    for (let n = 0; n < 700; n++) {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        if (String(data).startsWith("HTTP/1.1 429")) refused += 1;
      });
      socket.write(
        `POST /owner/shop.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-git-upload-pack-request\r\nContent-Length: 1000\r\n\r\n0011`,
      );
      sockets.push(socket);
    }
    await expect.poll(() => refused, { timeout: 120_000 }).toBeGreaterThanOrEqual(670);
    await expectService();
  });

  process.stdout.write(
    `700 half-open requests: ${Math.round(most)} MB at most, ${refused} refused\n`,
  );
  expect(most).toBeLessThan(LIMIT_MB);
  // Who was refused and stays is shown out.
  await expect
    .poll(() => sockets.filter((socket) => socket.destroyed || socket.closed).length, {
      timeout: 60_000,
    })
    .toBeGreaterThanOrEqual(600);
}, 240_000);

test("the largest issues and comments that a stranger may file stay readable, and the list goes on", async () => {
  const body = "\u0001".repeat(65_536);
  const most = await watch(async () => {
    for (let n = 0; n < 60; n++)
      await stranger.call("POST", "/repos/owner/shop/issues", { title: `t${n}`, body });
    const statuses: number[] = [];
    for (let n = 0; n < 130; n++) {
      const { status } = await stranger.call("POST", "/repos/owner/shop/issues/1/comments", {
        body,
      });
      statuses.push(status);
    }
    expect(statuses.filter((status) => status === 201).length).toBeLessThanOrEqual(122);
    expect(statuses.at(-1)).toBe(413);

    const page = await stranger.call("GET", "/repos/owner/shop/issues?limit=50");
    expect(page.status).toBe(413);
    expect(String(page.body.message)).toContain("limit");
    const own = await owner.call("POST", "/repos/owner/shop/issues/1/comments", { body: "mine" });
    expect(own.status).toBe(201);
    await expectService();
  });

  process.stdout.write(`the largest issues: ${Math.round(most)} MB at most\n`);
  expect(most).toBeLessThan(LIMIT_MB);
}, 240_000);
