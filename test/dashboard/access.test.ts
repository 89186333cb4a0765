/** Who gets what from the dashboard, as any client may ask. */
import { request } from "node:http";
import { afterEach, expect, test } from "vitest";
import { DashboardScene, PERSON_TOKEN, sessionName } from "../support/dashboard-scene.ts";

let scene: DashboardScene | undefined;

afterEach(() => scene?.close());

async function openScene(options?: Parameters<typeof DashboardScene.open>[0]) {
  scene = await DashboardScene.open(options);
  return scene;
}

function ask(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.once("error", reject).end();
  });
}

function send(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams(fields);
  return fetch(url, { method: "POST", body, headers, redirect: "manual" });
}

function cookieOf(answer: Response): string {
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

test("only under its own names and addresses does it answer, so that a page of another name reads nothing", async () => {
  const { url } = await openScene();
  const { host } = new URL(url);

  expect(await ask(url, { host })).toBe(200);
  expect(await ask(url, { host: "forge.lan:3080" })).toBe(200);
  expect(await ask(url, { host: "evil.example" })).toBe(421);
  expect(await ask(`${url}/live`, { host: "127.0.0.1.evil.example" })).toBe(421);
});

test("where it is not this machine's alone, nobody reads anything before signing in", async () => {
  const { url } = await openScene({ isOpen: false });

  for (const at of ["/", "/board", "/live", "/snapshot.json", "/issues/shop/1"]) {
    const answer = await fetch(`${url}${at}`, { redirect: "manual" });
    expect([at, answer.status, answer.headers.get("location")]).toEqual([at, 302, "/login"]);
  }
});

test("a link signs in once, a forged one never; who came with it reads transcripts and cannot act", async () => {
  const opened = await openScene({ isOpen: false });
  await opened.fill();
  const { url, linkCode: code } = opened;

  const first = await send(`${url}/login/link`, { code });
  const again = await send(`${url}/login/link`, { code });
  const forged = await send(`${url}/login/link`, {
    code: code.replace(/.$/, (c) => (c === "0" ? "1" : "0")),
  });
  const cookie = cookieOf(first);
  const transcript = await fetch(`${url}/sessions/ada/${sessionName}`, { headers: { cookie } });
  const act = await send(`${url}/acts/retry`, { project: "shop", issue: "401" }, { cookie });

  expect([first.status, again.status, forged.status]).toEqual([303, 403, 403]);
  expect(await transcript.text()).toContain("rounded twice");
  expect(act.status).toBe(403);
  expect(opened.done).toEqual([]);
});

test("a transcript is nobody's to read without signing in, wherever the dashboard is", async () => {
  const opened = await openScene();
  await opened.fill();

  const answer = await fetch(`${opened.url}/sessions/ada/${sessionName}`);

  expect(answer.status).toBe(403);
  expect(await answer.text()).not.toContain("rounded twice");
});

test("an act is done only by a form of this dashboard's own page", async () => {
  const opened = await openScene();
  const { url } = opened;
  const cookie = cookieOf(await send(`${url}/login`, { token: PERSON_TOKEN }));
  const page = await (await fetch(`${url}/new`, { headers: { cookie } })).text();
  const key = /name="key" value="(\w+)"/.exec(page)?.[1] ?? "";
  const form = { key, project: "shop", title: "Sell tea", text: "" };

  const refused = [
    await send(`${url}/acts/file`, { ...form, key: "" }, { cookie }),
    await send(`${url}/acts/file`, form),
    await send(`${url}/acts/file`, form, { cookie, origin: "https://evil.example" }),
    await send(`${url}/acts/file`, form, { cookie, "sec-fetch-site": "cross-site" }),
    await send(`${url}/login`, { token: PERSON_TOKEN }, { origin: "https://evil.example" }),
  ];
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  expect(opened.done).toEqual([]);

  expect((await send(`${url}/acts/file`, form, { cookie, origin: url })).status).toBe(200);
  expect(opened.done).toEqual(["ada files Sell tea in shop"]);
});

test("events are taken from who knows their token, and only under the teller's own name", async () => {
  const opened = await openScene();
  const headers = { authorization: "Bearer wrong" };
  const refused = await fetch(`${opened.url}/intake/ada`, { method: "POST", body: "\n", headers });
  const event = { time: new Date().toISOString(), by: "bert", type: "bot.stopped" };
  const ada = opened.connect("ada");
  ada.write(`${JSON.stringify(event)}\nno event\n${JSON.stringify({ ...event, by: "ada" })}\n`);
  await new Promise<void>((resolve) => {
    ada.once("response", (answer) => answer.resume().once("end", resolve));
    ada.end();
  });

  expect(refused.status).toBe(401);
  expect([...opened.view.history.statuses.keys()]).toEqual(["ada"]);
});
