import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { startAutoApprover } from "../support/auto-approver.ts";
import { repo } from "../support/factory-description.ts";
import { findFreePort } from "../support/fleet.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

/**
 * What is promised is under 80 MB for an idle bot's container by its cgroup, and `npm run bench` measures that. A cgroup is
 * charged with a process's own memory, not with the pages of node's binary that all processes share, and those are more than
 * half of a bot's resident set. So this looks at the own memory alone (RssAnon), which is 28 to 35 MB; what is left up to 80
 * is the container's init, the kernel's share, and what a heap without a limit has not collected yet.
 */
const MAX_IDLE_BYTES = 55 * 2 ** 20;
/** An idle bot lives in a heap of this size. Bounded, it cannot hide a leak in what is not collected yet, nor garbage fail the test. */
const IDLE_HEAP = "--max-old-space-size=32";
const dockerfile = path.join(import.meta.dirname, "../../docker/agents/Dockerfile");

let template: Template | undefined;
let scene: Scene | undefined;

afterEach(async () => {
  await scene?.close();
});

/** A bot alone, with a port for who asks how it is. */
async function startBot(
  nodeOptions = "",
): Promise<{ scene: Scene; ask: (path: string) => Promise<string> }> {
  template = await Template.create({
    ...{ devs: ["dev-1"], reviewers: ["reviewer"] },
    pollInterval: 0.02,
  });
  const opened = await Scene.open(template);
  scene = opened;
  const port = await findFreePort();
  opened.startBot("dev-1", {
    ...opened.environmentOf("dev-1"),
    AGENT_HEALTH_PORT: String(port),
    NODE_OPTIONS: `${await readImageOptions()} ${nodeOptions}`,
    DISINTO_STATUS_TOKEN: "the factory's token",
  });
  const ask = async (path: string): Promise<string> => {
    if (!opened.processes.isRunning("dev-1")) throw new Error(opened.processes.output("dev-1"));
    const headers = { authorization: "Bearer the factory's token" };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers }).catch(
      () => undefined,
    );
    return answer?.ok ? answer.text() : "";
  };
  return { scene: opened, ask };
}

/** Node's options in the image. */
async function readImageOptions(): Promise<string> {
  return /^ENV NODE_OPTIONS=(.+)$/m.exec(await readFile(dockerfile, "utf8"))?.[1] ?? "";
}

/** Memory that the process shares with no file. */
async function readOwnBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

function read(metrics: string, name: string): number {
  const line = metrics.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.split(" ").at(-1) ?? Number.NaN);
}

test("an idle bot says that it chooses, counts what it asks of the forge, and stays under 80 MB", async () => {
  const { scene, ask } = await startBot(IDLE_HEAP);

  const metrics = await until("the bot has looked at the backlog many times", async () => {
    const text = await ask("/metrics");
    return read(text, 'disinto_forge_requests_total{kind="api"}') > 30 && text;
  });

  const status = JSON.parse(await ask("/status"));
  expect(status).toMatchObject({ name: "dev-1", standing: { at: "choosing" }, leases: [] });
  expect(status.loops).toHaveProperty("dev");
  expect(read(metrics, 'disinto_loop_stuck{role="dev"}')).toBe(0);
  const ownBytes = await readOwnBytes(scene.processes.pid("dev-1"));
  expect(ownBytes).toBeLessThan(MAX_IDLE_BYTES);
  expect(read(metrics, "disinto_resident_memory_bytes")).toBeGreaterThan(ownBytes / 2);
  expect(JSON.stringify(status)).not.toContain("token");
});

test("a bot's work is in its figures and its status: the lease, the session, the merge", async () => {
  const { scene, ask } = await startBot();
  const attendant = startAutoApprover(scene, "reviewer");
  const issues = scene.forge.issues(repo);
  const body = "```file src/one.mjs\nexport const one = 1;\n```\n";
  await issues.open({ title: "Somebody's own", body: "", labels: [] });
  await issues.open({ title: "Later", body: "Depends on: #1", labels: ["backlog"] });
  const { number } = await issues.open({ title: "One", body, labels: ["backlog"] });

  const metrics = await until("the merge is counted", async () => {
    const text = await ask("/metrics");
    return read(text, "disinto_merges_total") >= 1 && text;
  });
  await attendant.stop();
  const queue = await until("the bot says why an issue waits", async () => {
    const { queue } = JSON.parse((await ask("/status")) || "{}");
    return queue?.greeter?.length > 0 && queue.greeter;
  });

  expect(queue).toEqual([
    { issue: 2, because: expect.stringContaining("#1"), since: expect.any(String) },
  ]);
  expect(read(metrics, 'disinto_sessions_total{end="finished"}')).toBe(1);
  expect(read(metrics, "disinto_claims_total")).toBeGreaterThanOrEqual(1);
  expect(read(metrics, 'disinto_forge_requests_total{kind="push"}')).toBeGreaterThan(2);
  const events = await scene.events("dev-1");
  expect(events.filter(({ type }) => type === "pull.merged")).toMatchObject([{ issue: number }]);
});
