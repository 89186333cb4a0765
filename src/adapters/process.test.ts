import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run, runOrThrow } from "./process.ts";

const node = (program: string) => [process.execPath, "-e", program] as const;

test("a command's output and exit code are answered whole, whatever the code", async () => {
  const program =
    "process.stdout.write('ü'.repeat(1e5)); console.error('no'); process.exitCode = 3";

  const { exitCode, stdout, stderr } = await run(node(program));

  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: "no\n" });
  expect(stdout).toBe("ü".repeat(1e5));
});

test("input is handed over, and a command that does not read it is no failure", async () => {
  expect(await runOrThrow(["cat"], { input: "a\0b" })).toBe("a\0b");
  expect((await run(["true"], { input: "x".repeat(1e6) })).exitCode).toBe(0);
});

test("nothing of our environment reaches the command but what it is given", async () => {
  process.env.OPERATOR_SECRET = "mine";

  const text = await runOrThrow(["env"], { env: { GIVEN: "1" } });

  expect(text).toBe("GIVEN=1\n");
  expect(await runOrThrow(["env"])).not.toContain("OPERATOR_SECRET");
});

test("a command that is not there, is too slow or says too much fails with its cause", async () => {
  await expect(run(["no-such-command"])).rejects.toThrow(/no-such-command.*(ENOENT|EACCES)/);
  await expect(run(["sleep", "60"], { timeoutMs: 50 })).rejects.toThrow(/longer than 50 ms/);
  await expect(run(["yes"], { maxOutputBytes: 1000 })).rejects.toThrow(/more than 1000 bytes/);
  await expect(runOrThrow(["cat", "/no/such/file"])).rejects.toMatchObject({
    code: "process.failed",
  });
});

test("an interruption ends the command, and is answered only when it has ended", async () => {
  const folder = await mkdtemp(join(tmpdir(), "process-"));
  const [ready, ended] = [join(folder, "ready"), join(folder, "ended")];
  const stop = new AbortController();
  const program = `const { writeFileSync } = require("fs");
    const end = () => { writeFileSync(${JSON.stringify(ended)}, ""); process.exit(); };
    process.on("SIGTERM", () => setTimeout(end, 100));
    setInterval(() => {}, 1e5);
    writeFileSync(${JSON.stringify(ready)}, "");`;

  const running = run(node(program), { signal: stop.signal });
  while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();

  await expect(running).rejects.toMatchObject({ code: "interrupted" });
  expect(existsSync(ended)).toBe(true);
  const late = run(["sleep", "60"], { signal: stop.signal });
  await expect(late).rejects.toMatchObject({ code: "interrupted" });
});
