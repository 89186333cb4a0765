/** Every failure of the outside that a bot can meet, each with its one recovery: docs/recovery.md. Pure. */
import { DisintoError, type ErrorCode } from "../../errors.ts";

export type FailureClass =
  /** The forge does not answer, or with 5xx, or says neither yes nor no: the same again, later. */
  | "forge-away"
  | "rate-limited"
  /** The token is no longer accepted: nothing can be done until it is. */
  | "token-revoked"
  /** The forge answers, and refuses this act: tried again within the budget. */
  | "refused"
  /** Git failed on this machine: the mirror is looked after, then as `refused`. */
  | "git-failed"
  | "disk-full";

export interface Failure {
  readonly kind: FailureClass;
  readonly error: DisintoError;
}

const kinds: Partial<Record<ErrorCode, FailureClass>> = {
  "forge.unavailable": "forge-away",
  "forge.not-forgejo": "forge-away",
  "forge.rate-limited": "rate-limited",
  "forge.unauthorized": "token-revoked",
  "disk.full": "disk-full",
  "git.failed": "git-failed",
  "process.failed": "git-failed",
  "forge.forbidden": "refused",
  "forge.invalid": "refused",
  "forge.conflict": "refused",
  "forge.not-found": "refused",
  "push.refused": "refused",
};

const FULL = /^(ENOSPC|EDQUOT)$/;

/** Returns undefined if it is a bug of ours, or a configuration error that waiting does not fix. */
export function classifyFailure(error: unknown): Failure | undefined {
  if (error instanceof DisintoError) {
    const kind = kinds[error.code];
    return kind && { kind, error };
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!FULL.test(code)) return undefined;
  const full = new DisintoError("disk.full", "no space is left for the bot's files", {
    hint: "free space on the volume; the bot continues by itself",
    cause: error,
  });
  return { kind: "disk-full", error: full };
}

/** Refusals of one issue, together, before a person is asked. */
export const MAX_REFUSALS = 5;
