/** A transfer may take as long as it moves: neither a limit of time nor a lease's term ends it. */
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { runOrThrow } from "../../src/adapters/process.ts";
import { closeScene, openScene, scene, startBot, stopBots } from "../support/dev-scene.ts";
import { repo } from "../support/factory-description.ts";
import { SlowLine } from "../support/slow-line.ts";
import { isSoak } from "../support/soak.ts";

beforeAll(openScene, 120_000);
afterEach(stopBots);
afterAll(closeScene);

const CLAIMS = "refs/disinto/claims/";

test("a push that takes longer than its lease's term sends its objects first, while the lease is renewed", async () => {
  const line = await SlowLine.open(scene.url, 200_000);
  const bot = startBot("dev-1", { FORGE_URL: line.url, AGENT_LEASE_TERM: "5" });
  const bytes = 2_000_000;
  // Nothing that a pack could make smaller.
  const noise = randomBytes(bytes * 0.75).toString("base64");
  const begun = performance.now();

  const claims = new Set<string | undefined>();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const refs = await scene.view.refs();
      for (const [ref, sha] of refs) if (ref.startsWith(CLAIMS)) claims.add(sha);
    }
  })();
  const work = await bot.start("Big", { "src/noise.txt": noise });
  isOver = true;
  await looking;

  expect(performance.now() - begun).toBeGreaterThan(5_000);
  const refs = await scene.view.refs();
  expect(refs.get(`refs/heads/fix/issue-${work.issue}`)).toBe(work.head);
  // The objects went once, and what they waited under is gone.
  expect(line.sent).toBeLessThan(bytes * 1.3);
  expect([...refs.keys()].filter((ref) => ref.startsWith("refs/disinto/objects/"))).toEqual([]);
  // The claim, what was renewed while they were on their way, and what went with the branch.
  expect(claims.size).toBeGreaterThanOrEqual(4);
  line.close();
}, 120_000);

/** Longer than any limit that a small program has, and than Node's own on a request: five minutes. */
const MINUTES = 5.5;

test.runIf(isSoak)(
  "a whole repository that is long on its way arrives: pushed by init, cloned by a bot and by a CI",
  async () => {
    const bytesPerSecond = 60_000;
    const line = await SlowLine.open(scene.url, bytesPerSecond);
    const folder = path.join(scene.folder, "large");
    await mkdir(folder);
    await writeFile(path.join(folder, "noise"), randomBytes(bytesPerSecond * MINUTES * 60));
    await repositories.init(folder);
    await runOrThrow(["git", "-C", folder, "branch", "-m", "large"]);
    const url = `${line.url}/${repo.owner}/${repo.name}.git`;
    const bot = startBot("dev-1", { FORGE_URL: line.url });
    const access = { ...scene.adminAccess, forgeUrl: line.url };

    await repositories.push({ folder, url, access });
    const refs = await bot.target.mirror.refresh();

    const pushed = (await scene.view.refs()).get("refs/heads/large");
    expect(pushed).toBeDefined();
    expect(refs.get("refs/heads/large")).toBe(pushed);
    line.close();
  },
  0,
);
