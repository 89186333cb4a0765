import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { killAtEvery, runKillable } from "../support/kill.ts";

async function layOut(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-kill-"));
  await writeFile(path.join(folder, ".env"), "# mine\nOTHER_KEY=kept\n", { mode: 0o600 });
  return folder;
}

test("a secret is set whole, and no other line is lost, wherever the command is killed", async () => {
  await killAtEvery({
    title: "secrets set",
    points: "all",
    prepare: layOut,
    command: (folder) => ({
      args: ["--factory", folder, "secrets", "set", "LLAMA_API_KEY"],
      input: "secret-of-mine\n",
    }),
    verify: async (folder) => {
      const text = await readFile(path.join(folder, ".env"), "utf8");
      expect(text).toBe("# mine\nOTHER_KEY=kept\nLLAMA_API_KEY=secret-of-mine\n");
    },
    discard: (folder) => rm(folder, { recursive: true }),
  });
});

test("a process is killed at the call that was named, before it acts or after it", async () => {
  const folder = await layOut();
  const command = {
    args: ["--factory", folder, "secrets", "set", "LLAMA_API_KEY"],
    input: "secret-of-mine\n",
  };

  const before = await runKillable(command, { KILL_AT: "1:before" });
  const untouched = await readFile(path.join(folder, ".env"), "utf8");
  const after = await runKillable(command, { KILL_AT: "1:after" });
  const written = await readFile(path.join(folder, ".env"), "utf8");

  expect([before.signal, after.signal]).toEqual(["SIGKILL", "SIGKILL"]);
  expect(untouched).not.toContain("LLAMA_API_KEY");
  expect(written).toContain("LLAMA_API_KEY=secret-of-mine");
  await rm(folder, { recursive: true });
});
