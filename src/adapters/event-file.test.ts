import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildEventFile } from "./event-file.ts";
import { systemClock } from "./system-clock.ts";

async function open(maxBytes: number) {
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-events-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const options = {
    file: path.join(folder, "events.jsonl"),
    by: "ada",
    clock: systemClock,
    echo: () => undefined,
    redact: (text: string) => text.replaceAll("secret", "***"),
    maxBytes,
  };
  return { folder, options };
}

async function issuesIn(file: string): Promise<readonly number[]> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as { issue: number }).issue);
}

test("the file is bounded: a full one is kept beside the new one, and the one before that goes", async () => {
  const { folder, options } = await open(400);

  for (let issue = 1; issue <= 9; issue++) {
    // Opened anew each time: a restart neither forgets the size nor starts over.
    buildEventFile(options).append({ type: "issue.released", project: "shop", issue });
  }

  expect((await readdir(folder)).sort()).toEqual(["events.1.jsonl", "events.jsonl"]);
  expect(await issuesIn(path.join(folder, "events.1.jsonl"))).toEqual([5, 6, 7, 8]);
  expect(await issuesIn(path.join(folder, "events.jsonl"))).toEqual([9]);
});

test("no secret is in a line, nor in what is printed of it", async () => {
  const { options } = await open(400);
  const printed: string[] = [];

  const log = buildEventFile({ ...options, echo: (line) => printed.push(line) });
  log.append({ type: "breaker.opened", breaker: "backend", reason: "secret" });

  expect(await readFile(options.file, "utf8")).toBe(printed.join(""));
  expect(printed.join("")).toContain('"reason":"***"');
});
