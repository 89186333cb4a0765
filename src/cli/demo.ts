/** `disinto demo`: a whole factory in a folder of its own, on the local engine, until its issues are merged. */
import { mkdir, mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  createDemoFiles,
  DEMO_PREFIX,
  type DemoModel,
  findDemoFolders,
  removeDemoFolder,
} from "../apply/demo-factory.ts";
import { namesOf } from "../core/kinds.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { COMMAND_HARNESS, DEFAULT_HARNESS, harnesses } from "../harness/definitions.ts";
import { findDashboard } from "./dashboard.ts";
import { fileDemoIssues, printDemoResult, watchDemo } from "./demo-run.ts";
import { down } from "./down.ts";
import { init } from "./init.ts";
import type { Tools } from "./tools.ts";
import { up } from "./up.ts";

export interface DemoFlags {
  readonly bots: number;
  readonly speed: number;
  readonly keep?: string;
  readonly clean: boolean;
  readonly harness?: string;
  readonly baseUrl?: string;
  readonly model?: string;
}

/** How long the scripted coder thinks at speed 1, in milliseconds. */
const THINK_MS = 2000;
const MAX_BOTS = 8;

export async function demo(tools: Tools, flags: DemoFlags): Promise<ExitCode> {
  if (flags.clean) return clean(tools);
  const model = readModel(flags);
  const { bots, speed, keep } = flags;
  if (!Number.isInteger(bots) || bots < 1 || bots > MAX_BOTS)
    throw new DisintoError("usage.invalid", `--bots must be a number from 1 to ${MAX_BOTS}`);
  if (!(speed > 0)) throw new DisintoError("usage.invalid", "--speed must be above 0");
  const folder = await makeFolder(keep);
  const coder = model ? `${model.harness} codes` : "the coder is a script, no model is asked";
  tools.say(`a factory in ${folder}: ${bots} dev bots and a reviewer; ${coder}; no Docker`);
  const assets = path.join(tools.packageFolder, "demo");
  const options = { folder, assets, bots, thinkMs: THINK_MS / speed, model };
  let code: ExitCode;
  try {
    const repository = await createDemoFiles(options, tools.repositories);
    await init(tools, { folder, repository });
    const run = await fileDemoIssues(tools, options);
    await up(tools, { folder });
    await showDashboard(tools, folder);
    await watchDemo(tools, run);
    code = await printDemoResult(tools, run);
    await stayForALook(tools, run.page);
  } finally {
    if (keep === undefined) await stop(tools, folder);
  }
  tools.say(
    keep === undefined
      ? "stopped and removed"
      : `it keeps running; stop it with: disinto --factory ${folder} down`,
  );
  return code;
}

/** Where a person watches, the factory stays up for a look until Ctrl-C. */
async function stayForALook({ clock, signal, say, screen }: Tools, page: string): Promise<void> {
  if (!screen()) return;
  say(`the factory stays up for a look: ${page}; Ctrl-C ends it`);
  while (!signal.aborted) await clock.sleep(60_000, signal).catch(() => undefined);
}

function readModel({ harness, baseUrl, model }: DemoFlags): DemoModel | undefined {
  if (harness === undefined && baseUrl === undefined && model === undefined) return undefined;
  const wanted = harness ?? DEFAULT_HARNESS;
  const known = namesOf(harnesses).filter((name) => name !== COMMAND_HARNESS);
  const name = known.find((one) => one === wanted);
  if (name) return { harness: name, baseUrl, model };
  throw new DisintoError("usage.invalid", `--harness ${wanted} is unknown`, {
    hint: `one of ${known.join(", ")}`,
  });
}

async function makeFolder(keep: string | undefined): Promise<string> {
  if (keep === undefined) return mkdtemp(path.join(tmpdir(), DEMO_PREFIX));
  const folder = path.resolve(keep);
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0)
    throw new DisintoError("usage.invalid", `${folder} is not empty`, {
      hint: "name a folder that is empty or not there yet",
    });
  return folder;
}

/** Also after Ctrl-C, which must end no cleaning. */
async function stop(tools: Tools, folder: string): Promise<void> {
  const quiet = { ...tools, say: () => undefined, signal: new AbortController().signal };
  await down(quiet, { folder });
  await removeDemoFolder(folder);
}

/** Ends what earlier demos left: after `kill -9` nothing else does. */
async function clean(tools: Tools): Promise<ExitCode> {
  const folders = await findDemoFolders(tmpdir());
  for (const folder of folders) {
    await stop(tools, folder).catch(async () => removeDemoFolder(folder));
    tools.say(`removed ${folder} and what ran in it`);
  }
  if (folders.length === 0) tools.say("no demo left anything");
  return ExitCode.done;
}

/** Whoever has the demo on this machine may look without signing in. */
async function showDashboard(tools: Tools, folder: string): Promise<void> {
  const found = await findDashboard(tools, folder);
  if (found) tools.say(`watch it at ${found.url}`);
}
