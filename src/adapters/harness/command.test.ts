import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Session } from "../../ports/harness.ts";
import { buildCommandHarness } from "./command.ts";

async function run(program: string, session: Partial<Session> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "harness-"));
  const harness = buildCommandHarness({
    command: [process.execPath, "-e", program],
    stateFolder: join(folder, "state"),
    pathVariable: process.env.PATH,
    transcripts: { folder: join(folder, "transcripts"), redact: (text) => text },
  });
  return harness.run({
    folder,
    prompt: "",
    environment: {},
    timeoutMs: 120_000,
    silenceMs: 120_000,
    signal: new AbortController().signal,
    ...session,
  });
}

const forever = "setInterval(() => {}, 1000)";

test("a harness that writes nothing for too long is ended", async () => {
  const { type, ...end } = await run(`console.log("begun"); ${forever}`, { silenceMs: 1500 });

  expect(type).toBe("failed");
  expect(end).toMatchObject({ reason: expect.stringContaining("wrote nothing for 0.03 minutes") });
});

test("a harness that goes on writing is ended by its time alone", async () => {
  const limits = { silenceMs: 60_000, timeoutMs: 1500 };
  const end = await run('setInterval(() => console.log("."), 20)', limits);

  expect(end).toMatchObject({
    type: "failed",
    reason: expect.stringContaining("was not done after"),
  });
});

test("each output restarts the silence, and is told", async () => {
  let heard = 0;
  const program =
    "let n = 0; setInterval(() => { console.log(n); if (++n === 40) process.exit(0) }, 100)";
  const end = await run(program, { silenceMs: 3000, onOutput: () => (heard += 1) });

  expect(end.type).toBe("finished");
  expect(heard).toBeGreaterThan(1);
});

test("limits that only the harness can count are told to it", async () => {
  const program = "console.log(process.env.DISINTO_MAX_TURNS, process.env.DISINTO_MAX_MONEY)";

  expect(await run(program, { turns: 30, money: 1.5 })).toMatchObject({ output: "30 1.5" });
  expect(await run(program)).toMatchObject({ output: "undefined undefined" });
});
