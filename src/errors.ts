/** Codes are public API: they appear in `--json` output, in docs/errors.md and in tests. */
export type ErrorCode =
  | "usage.invalid"
  | "account.not-ours"
  | "config.invalid"
  | "config.missing"
  | "credentials.missing"
  | "credentials.wrong"
  | "data.too-new"
  | "disk.full"
  | "engine.unavailable"
  | "engine.failed"
  | "factory.locked"
  | "file.unwritable"
  | "forge.conflict"
  | "forge.failed"
  | "forge.forbidden"
  | "forge.invalid"
  | "forge.not-found"
  | "ci.unavailable"
  | "forge.not-forgejo"
  | "forge.rate-limited"
  | "forge.too-large"
  | "forge.too-old"
  | "forge.unauthorized"
  | "forge.unavailable"
  | "git.failed"
  | "interrupted"
  | "model.unavailable"
  | "process.failed"
  | "push.refused"
  | "removal.unconfirmed"
  | "state.invalid"
  | "users.not-separate"
  | "volume.in-use";

/** A place in a file the user wrote. Lines and columns count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface Details {
  readonly hint?: string | undefined;
  readonly location?: Location | undefined;
  readonly cause?: unknown;
}

/** A failure the user can act on. Anything else that is thrown is a bug in disinto. */
export class DisintoError extends Error {
  override readonly name = "DisintoError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly location: Location | undefined;

  constructor(code: ErrorCode, message: string, { hint, location, cause }: Details = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.location = location;
  }
}

const fullDisk: readonly unknown[] = ["ENOSPC", "EDQUOT", "EROFS"];

/** A disk can be full wherever something is written; that is nobody's bug. Everything else is answered as it is. */
export function recognize(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DisintoError) return error;
  const { code, path } = error as { code?: unknown; path?: unknown };
  if (!fullDisk.includes(code)) return error;
  const message = `${typeof path === "string" ? path : "a file"} cannot be written (${code})`;
  const hint = "free disk space, then run the same command again";
  return new DisintoError("file.unwritable", message, { hint, cause: error });
}

/** What every command ends with; a contract (see README). */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  pendingChanges: 3,
  bug: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const usageCodes = /^(usage|config|credentials\.missing|removal)/;

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof DisintoError)) return ExitCode.bug;
  if (error.code === "interrupted") return ExitCode.interrupted;
  return usageCodes.test(error.code) ? ExitCode.usage : ExitCode.failed;
}
