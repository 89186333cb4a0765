/** `disinto pause` and `disinto resume`: some bots, or everything for the night. */
import type { Fleet } from "../apply/observe.ts";
import { formatPause, listPauses, type Pause, pause, resume } from "../bot/leases/pauses.ts";
import { deriveFactoryRepo } from "../core/identities.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import type { Mirror } from "../ports/git.ts";
import { env } from "../settings/env.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

interface PauseFlags {
  readonly folder: string;
  /** Bots; all of them without a name. */
  readonly names: readonly string[];
  readonly reason?: string;
}

export async function pauseBots(tools: Tools, flags: PauseFlags): Promise<ExitCode> {
  const fleet = await openFleet(tools, flags.folder);
  const who = readNames(fleet, flags.names);
  const { reason } = flags;
  const by = fleet.factory.forge.adminUser;
  await withFactoryRepository(tools, fleet, async (mirror) => {
    const fresh = await pause({ mirror, clock: tools.clock }, who, { by, reason });
    for (const bot of who) {
      const outcome = fresh.includes(bot)
        ? "is paused: it puts aside what it does within one poll, and begins nothing"
        : "was paused already";
      tools.say(`${bot ?? "the whole factory"} ${outcome}`);
    }
  });
  const names = flags.names.map((name) => ` ${name}`).join("");
  tools.say(`go on with: disinto resume${names}`);
  return ExitCode.done;
}

export async function resumeBots(
  tools: Tools,
  { folder, names }: Omit<PauseFlags, "reason">,
): Promise<ExitCode> {
  const fleet = await openFleet(tools, folder);
  const who = names.length === 0 ? "everybody" : readNames(fleet, names);
  await withFactoryRepository(tools, fleet, async (mirror) => {
    const ended = await resume({ mirror }, who);
    for (const bot of ended) tools.say(`${bot ?? "the whole factory"} goes on within one poll`);
    if (ended.length === 0) tools.say("nothing of this was paused");
    const [first] = await listPauses(mirror);
    if (first && (first.bot === undefined || who === "everybody"))
      tools.say(`still ${formatPause(first)} (disinto resume)`);
  });
  return ExitCode.done;
}

/** What stands, for who only looks; before `init` nobody can ask. */
export async function findPauses(
  tools: Pick<Tools, "scratchMirror">,
  fleet: Pick<Fleet, "factory" | "environment">,
): Promise<readonly Pause[]> {
  if (!fleet.environment.get(env.forgeAdminPass.key)) return [];
  return withFactoryRepository(tools, fleet, listPauses).catch((error: unknown) => {
    // That the forge is away is told by who asks it for issues.
    if (error instanceof DisintoError && error.code !== "interrupted") return [];
    throw error;
  });
}

function readNames(
  { factory }: Pick<Fleet, "factory">,
  names: readonly string[],
): readonly (string | undefined)[] {
  const known = factory.bots.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new DisintoError("usage.invalid", `there is no bot ${unknown}`, {
      hint: `name one of: ${known.join(", ")}`,
    });
  return names.length === 0 ? [undefined] : [...new Set(names)];
}

/** As the factory's administrator, who owns it. */
export async function withFactoryRepository<Result>(
  tools: Pick<Tools, "scratchMirror">,
  { factory, environment }: Pick<Fleet, "factory" | "environment">,
  act: (mirror: Mirror) => Promise<Result>,
): Promise<Result> {
  const token = environment.get(env.forgeAdminPass.key);
  if (!token)
    throw new DisintoError("credentials.missing", "FORGE_ADMIN_PASS is not set in .env", {
      hint: "run `disinto init`",
    });
  const { url: forgeUrl, adminUser: login } = factory.forge;
  const repo = deriveFactoryRepo(factory);
  const { mirror, discard } = await tools.scratchMirror({ forgeUrl, repo, login, token });
  try {
    return await act(mirror);
  } finally {
    await discard();
  }
}
