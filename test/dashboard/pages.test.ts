/** The dashboard in a real Chromium: what it shows, what it loads, how soon, and to whom. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chromiumMissing, chromiumPath, openChromium } from "../support/chromium.ts";
import { DashboardScene, PERSON_TOKEN, sessionName } from "../support/dashboard-scene.ts";
import { until } from "../support/test-factory.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Pictures for people to look at. */
const pictures = process.env.DISINTO_SCREENSHOTS;

let browser: Browser;
let scene: DashboardScene | undefined;
let context: BrowserContext | undefined;

beforeAll(async () => {
  if (chromiumPath) browser = await openChromium();
  else console.warn(`the dashboard's tests are skipped: ${chromiumMissing}`);
});
afterAll(() => browser?.close());
afterEach(async () => {
  await context?.close();
  await scene?.close();
});

const views = [
  ["overview", "/"],
  ["board", "/board"],
  ["bots", "/bots"],
  ["bot", "/bots/ada"],
  ["issue", "/issues/shop/415"],
  ["session", `/sessions/ada/${sessionName}`],
  ["charts", "/charts"],
  ["sign-in", "/login"],
  ["new-issue", "/new"],
  ["approve", "/approve/shop/420"],
] as const;
const widths = [360, 800, 1600];
const themes = ["light", "dark"] as const;
/** Each view in each theme and at each width, and each theme at each width, without all combinations. */
const pairs = views.flatMap(([name, at], index) =>
  widths.map((width, column) => {
    return { name, at, width, theme: themes[(index + column) % 2] ?? "light" };
  }),
);
const cases = process.env.DISINTO_SOAK
  ? views.flatMap(([name, at]) =>
      widths.flatMap((width) => themes.map((theme) => ({ name, at, width, theme }))),
    )
  : pairs;

interface Seen {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

async function look(options: Parameters<Browser["newContext"]>[0] = {}): Promise<Seen> {
  context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("request", (request) => requests.push(request.url()));
  return { page, complaints, requests };
}

async function openScene(options?: Parameters<typeof DashboardScene.open>[0]) {
  scene = await DashboardScene.open(options);
  return scene;
}

async function signIn(page: Page, { url }: DashboardScene): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel("Token", { exact: true }).fill(PERSON_TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${url}/`);
}

describe.skipIf(!chromiumPath)("a dashboard in Chromium", () => {
  test("every view, theme and width: no complaint, nothing from elsewhere, no inline style, nothing that axe finds", async () => {
    const opened = await openScene();
    await opened.fill();
    const found: unknown[] = [];
    const { page, complaints, requests } = await look();
    await signIn(page, opened);
    for (const { name, at, width, theme } of cases) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme });
      const answer = await page.goto(`${opened.url}${at}`);
      await page.locator("main").waitFor();
      const styled = await page.locator("[style], style").count();
      const wide = await page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      if (pictures)
        await page.screenshot({
          path: path.join(pictures, `${name}-${width}-${theme}.png`),
          fullPage: width < 1600,
        });
      // Through the debugger, as the page's own policy lets no other script in.
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        const { violations } = await axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
      });
      const policy = answer?.headers()["content-security-policy"] ?? "";
      const isStrict = policy.includes("default-src 'none'") && !policy.includes("unsafe");
      if (violations.length > 0 || styled > 0 || wide > 0 || !isStrict)
        found.push({ name, width, theme, violations, styled, wide, policy });
    }

    expect(found).toEqual([]);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(opened.url))).toEqual([]);
  });

  test("an event is on the page within a second, without reloading", async () => {
    const opened = await openScene();
    const { page } = await look();
    await page.goto(opened.url);
    await page.locator(".live.on").waitFor();
    await page.evaluate(() => {
      (globalThis as { kept?: boolean }).kept = true;
    });
    const ada = opened.connect("ada");
    const time = new Date().toISOString();
    const write = (event: object) =>
      ada.write(`${JSON.stringify({ time, by: "ada", project: "shop", ...event })}\n`);
    write({ type: "bot.started", roles: ["dev"], projects: ["shop"] });
    const took: number[] = [];
    for (const [issue, title] of [[7, "Sell tea"] as const, [8, "Sell milk"] as const]) {
      const startMs = performance.now();
      write({ type: "issue.claimed", issue, title });
      write({ type: "state.entered", issue, at: "coding" });
      await page.getByText(title).first().waitFor();
      took.push(performance.now() - startMs);
    }

    // The quicker of two: what else this machine does may hold one of them up.
    expect(Math.min(...took)).toBeLessThan(1_000);
    expect(await page.evaluate(() => (globalThis as { kept?: boolean }).kept)).toBe(true);
  });

  test("a killed bot is a problem within five seconds, and one that said farewell is none", async () => {
    const opened = await openScene();
    const { page } = await look();
    await page.goto(opened.url);
    await page.locator(".live.on").waitFor();
    const [ada, bert] = [opened.connect("ada"), opened.connect("bert")];
    await until("both are connected", async () => opened.view.connections.size === 2);
    const startMs = performance.now();
    ada.destroy();
    bert.end();

    await page.locator("#problems").getByText("ada is not heard any more").waitFor();

    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(await page.getByText("bert is not heard").count()).toBe(0);
  });

  test("hostile titles, reasons and transcripts are shown and do nothing", async () => {
    const opened = await openScene();
    const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    const ada = opened.connect("ada");
    const time = new Date().toISOString();
    const issue = { project: "shop", issue: 7 };
    for (const event of [
      { type: "bot.started", roles: ["dev"], projects: ["shop"], model: evil },
      { type: "issue.claimed", ...issue, title: evil },
      { type: "state.entered", ...issue, at: "coding", reason: `${evil}\n${evil}` },
      { type: "session.started", ...issue, role: evil },
    ])
      ada.write(`${JSON.stringify({ time, by: "ada", ...event })}\n`);
    for (const [at, line] of [
      evil,
      JSON.stringify({ type: "text", part: { text: evil } }),
    ].entries())
      ada.write(`${JSON.stringify({ transcript: sessionName, at, line })}\n`);
    await until(
      "all of it arrived",
      async () => opened.transcripts.read("ada", sessionName)?.length === 2,
    );
    const { page, complaints } = await look();
    await signIn(page, opened);

    for (const at of ["/", "/board", "/bots", "/issues/shop/7", `/sessions/ada/${sessionName}`]) {
      await page.goto(`${opened.url}${at}`);
      expect(await page.getByText("<img src=x").count()).toBeGreaterThan(0);
      expect(await page.locator("main img, main script").count()).toBe(0);
      expect(await page.title()).not.toBe("owned");
    }
    expect(complaints).toEqual([]);
  });

  test("without JavaScript every page is complete, and an act of who signed in is done", async () => {
    const opened = await openScene();
    await opened.fill();
    const { page } = await look({ javaScriptEnabled: false });
    await signIn(page, opened);

    await page.goto(`${opened.url}/issues/shop/401`);
    await page.getByRole("button", { name: "Retry" }).click();

    await page.getByText("ada retries 401").waitFor();
    expect(opened.done).toEqual(["ada retries 401"]);
    await page.goto(`${opened.url}/charts`);
    expect(await page.locator("svg.chart").count()).toBeGreaterThan(5);
  });

  test("after the dashboard's own restart a page that stayed open goes on by itself", async () => {
    const opened = await openScene();
    const { page } = await look();
    await page.goto(opened.url);
    await page.locator(".live.on").waitFor();
    opened.stop();
    await page.locator(".live:not(.on)").waitFor();

    await opened.start();
    const ada = opened.connect("ada");
    const time = new Date().toISOString();
    const claimed = { type: "issue.claimed", project: "shop", issue: 7, title: "Sell tea" };
    ada.write(`${JSON.stringify({ time, by: "ada", ...claimed })}\n`);
    const coding = { type: "state.entered", project: "shop", issue: 7, at: "coding" };
    ada.write(`${JSON.stringify({ time, by: "ada", ...coding })}\n`);
    await page.locator("#figures").getByText("1", { exact: true }).waitFor();

    expect(await page.locator(".live.on").count()).toBe(1);
  });
});
