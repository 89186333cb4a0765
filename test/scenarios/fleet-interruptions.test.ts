import { randomBytes } from "node:crypto";
import { access, chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCli } from "../support/cli.ts";
import { buildStandIn, describeWithDocker, removeImage } from "../support/docker.ts";
import { type Fleet, identify, makeFleet } from "../support/fleet.ts";
import { drawEach, seed } from "../support/soak.ts";

/**
 * Stands before the real docker in PATH: it numbers the calls, and at one of them signals the caller. The call
 * itself is then made (an engine goes on when its client's parent is gone), or never.
 */
interface Strike {
  /** Counted from 1; 0 strikes at none. */
  readonly call: number;
  readonly signal: "KILL" | "INT" | "TERM";
  readonly isMade: boolean;
}

function writeShim(folder: string, { call, signal, isMade }: Strike): string {
  return `#!/bin/sh
number=1
until mkdir "${folder}/call-$number" 2> /dev/null; do number=$((number + 1)); done
PATH=\${PATH#*:}
if [ "$number" = ${call} ]; then
  kill -${signal} $PPID
  ${isMade ? ":" : "exit 1"}
fi
exec docker "$@"
`;
}

describeWithDocker("up that does not come to its end, on a real engine", () => {
  const image = `disinto-stand-in:${randomBytes(4).toString("hex")}`;
  let fleet: Fleet;
  let shims: string;

  beforeAll(async () => {
    await buildStandIn(image);
    fleet = await makeFleet(image);
    shims = await mkdtemp(join(tmpdir(), "shims-"));
  });
  afterAll(async () => {
    await fleet.remove();
    await removeImage(image);
    await rm(shims, { recursive: true });
  });

  /** Returns false if it ended before that call. */
  async function strikeUp(strike: Strike): Promise<boolean> {
    const folder = join(shims, String(strike.call));
    const shim = join(folder, "bin/docker");
    await mkdir(join(folder, "bin"), { recursive: true });
    await writeFile(shim, writeShim(folder, strike));
    await chmod(shim, 0o755);
    const path = [join(folder, "bin"), process.env.PATH].join(delimiter);
    const child = await startCli(fleet.folder, ["up", "--remove"], { PATH: path });
    await new Promise((resolve) => child.once("exit", resolve));
    const isStruck = await access(join(folder, `call-${strike.call}`)).then(
      () => true,
      () => false,
    );
    return isStruck;
  }

  /** How many calls an up makes that nobody strikes. */
  async function countCalls(): Promise<number> {
    await strikeUp({ call: 0, signal: "KILL", isMade: true });
    return (await readdir(join(shims, "0"))).filter((name) => name.startsWith("call-")).length;
  }

  test("is finished by the next one, whichever engine call it was killed or interrupted at", async () => {
    const signals = ["KILL", "INT", "KILL", "TERM"] as const;
    await fleet.configure(["a", "b", "stays"], "LLAMA_BOTS=stays");
    await fleet.up();
    const kept = identify(await fleet.containers());
    await fleet.configure(["a", "b", "stays"], 'LLAMA_BOTS="stays a b"');
    const calls = await countCalls();
    const drawn = drawEach(
      Array.from({ length: calls }, (_, index) => index + 1),
      2,
    );
    console.info(`up makes ${calls} engine calls; struck at ${drawn.join(", ")} (seed ${seed})`);
    let strikes = 0;

    for (const [round, call] of drawn.entries()) {
      const wanted = round % 2 === 0 ? ["stays"] : ["stays", "a", "b"];
      await fleet.configure(["a", "b", "stays"], `LLAMA_BOTS="${wanted.join(" ")}"`);
      const signal = signals[call % signals.length] ?? "KILL";
      if (!(await strikeUp({ call, signal, isMade: call % 3 !== 0 }))) break;
      strikes += 1;

      expect(await fleet.read("docker-compose.yml")).toMatch(
        /\n {2}disinto-net:\n {4}driver: bridge\n$/,
      );
      expect(identify(await fleet.containers())).toMatchObject(kept);
      await fleet.up("--remove", "--wait");
      const after = identify(await fleet.containers());
      expect(Object.keys(after)).toHaveLength(wanted.length + 2);
      expect(after).toMatchObject(kept);
      const left = (await readdir(fleet.folder)).filter((name) => name.includes("disinto-new"));
      expect(left).toEqual([]);
    }

    expect(calls).toBeGreaterThan(12);
    // Taking bots away needs fewer calls than starting them does.
    expect(strikes).toBeGreaterThan(drawn.length / 2);
    expect(await fleet.plan()).toBe("nothing to do");
  }, 300_000);
});
