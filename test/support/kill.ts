/** Kills a real disinto process before and after its calls on ports, as many as it makes, and looks what came of it. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildKillableCli } from "./killable-cli.ts";
import { drawEach, isSoak, seed } from "./soak.ts";

export interface KillPoint {
  /** Counted from 1. */
  readonly call: number;
  readonly moment: "before" | "after";
  /** What the call was in the counting run. */
  readonly name: string;
}

export interface Killable {
  readonly args: readonly string[];
  /** The whole environment; the tests' own without one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

export interface KillScenario<Scene> {
  /** What the line that tells the number of calls begins with. */
  readonly title: string;
  /** `some`: in CI a seeded one of each eight moments that differ; before and after each call in a soak. */
  readonly points: "all" | "some";
  /** How many points are tried side by side; each in a scene of its own. */
  readonly atOnce?: number;
  /** The same situation every time. */
  prepare(): Promise<Scene>;
  command(scene: Scene): Killable;
  /** Looks at the scene while the killed process is gone and nothing was run again. */
  observe?(scene: Scene): Promise<void>;
  /** Throws unless everything is as it should be after the command, killed at the point, was run again to its end. */
  verify(scene: Scene, point: KillPoint | undefined): Promise<void>;
  /** Instead of the same command, run again. */
  restart?(scene: Scene): Promise<void>;
  discard(scene: Scene): Promise<void>;
}

/** The first run, counted and not killed, must be as it should be too. */
export async function killAtEvery<Scene>(scenario: KillScenario<Scene>): Promise<void> {
  const calls = await countCalls(scenario);
  const all = calls.flatMap((name, index): readonly KillPoint[] => [
    { call: index + 1, moment: "before", name },
    { call: index + 1, moment: "after", name },
  ]);
  // Nothing happens on the outside between one call and the next, so only moments that differ are drawn from.
  const differing = all.filter(({ call, moment }) => moment === "before" || call === calls.length);
  const chosen = scenario.points === "all" || isSoak ? all : drawEach(differing, 8);
  say(
    `${scenario.title}: ${calls.length} port calls, ${differing.length} moments before, between and after them; killed at ${chosen.length} points (seed ${seed})`,
  );
  const waiting = [...chosen];
  const failures: Error[] = [];
  const lanes = Array.from({ length: scenario.atOnce ?? 1 }, async () => {
    for (let point = waiting.shift(); point; point = waiting.shift()) {
      await tryPoint(scenario, point).catch((error: Error) => {
        say(error.message);
        failures.push(error);
      });
    }
  });
  await Promise.all(lanes);
  if (failures.length > 0) throw new AggregateError(failures, describe(scenario, failures));
}

function describe({ title }: { title: string }, failures: readonly Error[]): string {
  const lines = failures.map(({ message }) => message);
  return [`${title}: ${failures.length} points failed (seed ${seed})`, ...lines].join("\n");
}

async function countCalls<Scene>(scenario: KillScenario<Scene>): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-calls-"));
  const scene = await scenario.prepare();
  try {
    const file = path.join(folder, "calls");
    requireEnd(await runKillable(scenario.command(scene), { KILL_CALLS: file }));
    await scenario.verify(scene, undefined);
    return (await readFile(file, "utf8")).trimEnd().split("\n");
  } finally {
    await scenario.discard(scene);
    await rm(folder, { recursive: true });
  }
}

async function tryPoint<Scene>(scenario: KillScenario<Scene>, point: KillPoint): Promise<void> {
  const scene = await scenario.prepare();
  try {
    const killAt = `${point.call}:${point.moment}`;
    const killed = await runKillable(scenario.command(scene), { KILL_AT: killAt });
    // Where waiting needed fewer looks than in the counted run, the command came to its end before the point.
    if (killed.signal !== "SIGKILL") requireEnd(killed);
    await scenario.observe?.(scene);
    if (scenario.restart) await scenario.restart(scene);
    else requireEnd(await runKillable(scenario.command(scene), {}));
    await scenario.verify(scene, point);
  } catch (cause) {
    const message = `killed ${point.moment} call ${point.call}, ${point.name}: ${(cause as Error).message}`;
    throw new Error(message, { cause });
  } finally {
    await scenario.discard(scene);
  }
}

export interface KillableEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs the killable command line to its end, whatever it is. `switches`: see counted-ports.ts. */
export async function runKillable(
  { args, env = process.env, input = "" }: Killable,
  switches: Readonly<Record<string, string>>,
): Promise<KillableEnd> {
  const child = spawn(process.execPath, [await buildKillableCli(), ...args], {
    env: { ...env, ...switches },
  });
  let output = "";
  const keep = (chunk: Buffer): void => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  child.stdin.on("error", () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // Not "close": services that it started may hold its output open.
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal, output }));
  });
}

function requireEnd({ exitCode, signal, output }: KillableEnd): void {
  if (exitCode === 0) return;
  throw new Error(`the command ended with ${signal ?? exitCode}:\n${output}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
