/**
 * Volumes and networks of Woodpecker's runs. Its agent removes them when a run ends; one that was killed meanwhile leaves
 * them for ever (seen with 3.14.1). Their names, `wp_<ULID>_<number>_default`, say when their run began.
 */
import { run } from "../../adapters/process.ts";
import { DisintoError } from "../../errors.ts";
import type { CiLeftover, CiLeftovers } from "../../ports/ci-leftovers.ts";

/** Twice the longest time that our Woodpecker gives a run. */
const AGE_MS = 4 * 60 * 60_000;

const NAME = /^wp_([0-9a-z]{10})[0-9a-z]{16}_\d+_default$/;
/** Crockford's, in which a ULID begins with its milliseconds. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/** Undefined for a name that no run of Woodpecker has. */
export function beganAt(name: string): Date | undefined {
  const time = NAME.exec(name)?.[1];
  if (time === undefined) return undefined;
  const digits = [...time].map((digit) => DIGITS.indexOf(digit));
  if (digits.includes(-1)) return undefined;
  return new Date(digits.reduce((all, digit) => all * DIGITS.length + digit, 0));
}

const kinds = ["volume", "network"] as const;

export function buildCiLeftovers(): CiLeftovers {
  return {
    list: async (now) => {
      const found = await Promise.all(
        kinds.map(async (kind) =>
          (await listUnused(kind)).flatMap((name): readonly CiLeftover[] => {
            const began = beganAt(name);
            const isOld = began && now.getTime() - began.getTime() > AGE_MS;
            return isOld ? [{ kind, name, since: began.toISOString() }] : [];
          }),
        ),
      );
      return found.flat().sort((a, b) => (a.since < b.since ? -1 : 1));
    },
    remove: async ({ kind, name }) => {
      await ask([kind, "rm", name]);
    },
  };
}

/** Those that no container has, running or not. */
async function listUnused(kind: CiLeftover["kind"]): Promise<readonly string[]> {
  const filters = ["--filter", "dangling=true", "--filter", "name=wp_"];
  const text = await ask([kind, "ls", ...filters, "--format", "{{.Name}}"]);
  return text.split("\n").filter((line) => line !== "");
}

async function ask(args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(["docker", ...args]);
  if (exitCode === 0) return stdout;
  throw new DisintoError("engine.failed", `docker ${args.join(" ")}: ${stderr.trim()}`);
}
