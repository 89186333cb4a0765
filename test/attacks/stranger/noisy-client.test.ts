/** One client that asks for more than its share: it is told so, and the others are served. */
import { connect } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  basic,
  type Call,
  startTestForge,
  type TestForge,
} from "../../forge-contract/test-forge.ts";

let forge: TestForge;
let stranger: { token: string; call: Call };
const repo = "/repos/root/noisy";

beforeAll(async () => {
  forge = await startTestForge();
  stranger = await forge.user("stranger");
  await forge.admin("POST", "/user/repos", { name: "noisy", auto_init: true });
});
afterAll(() => forge.close());

test("a text or a comment beyond what anybody reads is refused by its field, a long title cut", async () => {
  const long = "x".repeat(70_000);
  const { body: issue } = await stranger.call("POST", `${repo}/issues`, { title: "fine" });

  const answers = await Promise.all([
    stranger.call("POST", `${repo}/issues`, { title: "t", body: long }),
    stranger.call("POST", `${repo}/issues`, { title: "t".repeat(300), body: "" }),
    stranger.call("POST", `${repo}/issues/${issue.number}/comments`, { body: long }),
    stranger.call("PATCH", `${repo}/issues/${issue.number}`, { body: long }),
  ]);

  // A long title is cut, as Forgejo 11 does.
  expect(answers.map(({ status }) => status)).toEqual([422, 201, 422, 422]);
  expect(String(answers[1]?.body.title).length).toBeLessThanOrEqual(255);
  expect(answers[0]?.body.message).toContain("[body]");
});

test("a password is tried ten times a minute, and who has shown the right one is not kept out", async () => {
  const right = basic("stranger", "stranger-password");
  const ask = async (authorization: string) =>
    (await fetch(`${forge.url}/api/v1/user`, { headers: { authorization } })).status;
  expect(await ask(right)).toBe(200);

  const statuses: number[] = [];
  for (let tries = 0; tries < 12; tries++)
    statuses.push(await ask(basic("stranger", `guess-${tries}`)));

  expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
  expect(await ask(right)).toBe(200);
  expect(await ask(`token ${stranger.token}`)).toBe(200);
});

/** Where else a password is asked for, and how else a name is spelt. */
const guesses: readonly (readonly [string, (name: string, count: number) => [string, string]])[] = [
  ["by git", (name) => [name, "/root/noisy.git/info/refs?service=git-receive-pack"]],
  ["by a page", (name) => [name, "/root/noisy/issues/1"]],
  [
    "letter by letter in capitals",
    (name, count) => [
      name.slice(0, count % 6).toUpperCase() + name.slice(count % 6),
      "/api/v1/user",
    ],
  ],
];

test.each(guesses)("a password is tried no oftener %s", async (title, guess) => {
  const name = `victim-${title.length}`;
  await forge.user(name);

  const statuses: number[] = [];
  for (let tries = 0; tries < 12; tries++) {
    const [login, place] = guess(name, tries);
    const headers = { authorization: basic(login, `guess-${tries}`) };
    statuses.push((await fetch(`${forge.url}${place}`, { headers })).status);
  }

  expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
});

test("who does not exist is refused after as long as who does", async () => {
  const time = async (name: string) => {
    const startMs = performance.now();
    const headers = { authorization: basic(name, "guess") };
    expect((await fetch(`${forge.url}/api/v1/user`, { headers })).status).toBe(401);
    return performance.now() - startMs;
  };
  await time("warm-up");

  const absent = [await time("nobody-1"), await time("nobody-2"), await time("nobody-3")];
  await forge.user("present");
  const present = [await time("present"), await time("present"), await time("present")];

  expect(Math.min(...absent)).toBeGreaterThan(Math.min(...present) / 3);
});

test("hundreds of git requests that never end leave the forge to others, and are told so", async () => {
  const { hostname, port } = new URL(forge.url);
  const answers: string[] = [];
  const sockets = Array.from({ length: 200 }, () => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    socket.on("data", (data) => answers.push(String(data).slice(0, 12)));
    socket.write(
      `POST /root/noisy.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-git-upload-pack-request\r\nContent-Length: 1000\r\n\r\n0011`,
    );
    return socket;
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });

  await expect.poll(() => answers.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(170);

  expect([...new Set(answers)]).toEqual(["HTTP/1.1 429"]);
  expect((await stranger.call("GET", repo)).status).toBe(200);
  const headers = { authorization: basic("stranger", stranger.token) };
  const refs = await fetch(`${forge.url}/root/noisy.git/info/refs?service=git-receive-pack`, {
    headers,
  });
  expect(refs.status).toBe(200);
});
