/**
 * Whether a push was refused, and in whose words. Whatever was answered is a refusal, at whatever layer: a hook, the
 * names of refs, a limit of size, a proxy. Only silence, a server that is busy, and a race that was lost are none: who
 * pushes reads what stands and asks again.
 */

interface Pushed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Another push was a moment earlier, or is at it. */
const RACE =
  /but expected|reference already exists|File exists|stale info|fetch first|non-fast-forward/i;
/** Not signed in has a class of its own; too early, too many, and what fails behind a proxy pass. */
const PASSING = /returned error: (?:401|408|425|429|502|503|504|52\d)/;
/** What Forgejo also answers where it means no. */
const SERVER_ERROR = /returned error: 500/;
const HTTP = /returned error: (\d{3})/;
const MAX_WORDS = 600;

/** The server's reason; undefined if the push was not refused. */
export function findRefusal({ stdout, stderr }: Pushed): string | undefined {
  if (PASSING.test(stderr) || RACE.test(stderr)) return undefined;
  const lines = stdout.split("\n").filter((line) => line.startsWith("!"));
  if (RACE.test(lines.join("\n"))) return undefined;
  const rejected = lines.filter((line) => line.includes("[remote rejected]"));
  const [, status] = HTTP.exec(stderr) ?? [];
  if (rejected.length === 0 && status === undefined) return undefined;
  return wordsOf(stderr) || `HTTP ${status ?? ""}`.trim();
}

/** A refusal that may be trouble of the server's own. */
export function isServerError({ stderr }: Pick<Pushed, "stderr">): boolean {
  return SERVER_ERROR.test(stderr);
}

/** What the server said, without git's own frame. */
function wordsOf(stderr: string): string {
  const said = stderr
    .split("\n")
    .flatMap((line) => /^(?:remote|fatal): ?(.*)$/.exec(line)?.[1] ?? []);
  return said
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("; ")
    .slice(0, MAX_WORDS);
}
