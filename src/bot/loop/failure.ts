/** Every failure of the outside that a bot can meet, each with its one recovery: docs/recovery.md. Pure. */
import { DisintoError, type ErrorCode } from "../../errors.ts";

export type FailureClass =
  /** The forge does not answer, or with 5xx, or says neither yes nor no: the same again, later. */
  | "forge-away"
  /** The forge answered 500, which Forgejo also says where it means no: the same again, within a wide budget. */
  | "forge-failed"
  | "rate-limited"
  /** The CI's API does not answer. */
  | "ci-away"
  /** The model's server does not answer; a session's own fault is no failure but an outcome. */
  | "model-away"
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

/** A bot that meets one of the last kind ends: no waiting mends it, or a bot cannot meet it at all. */
const classes: Readonly<Record<ErrorCode, FailureClass | "not-in-a-bot">> = {
  "forge.unavailable": "forge-away",
  "forge.not-forgejo": "forge-away",
  "forge.failed": "forge-failed",
  "forge.rate-limited": "rate-limited",
  "forge.unauthorized": "token-revoked",
  "ci.unavailable": "ci-away",
  "model.unavailable": "model-away",
  "disk.full": "disk-full",
  "file.unwritable": "disk-full",
  "git.failed": "git-failed",
  "process.failed": "git-failed",
  "forge.forbidden": "refused",
  "forge.invalid": "refused",
  "forge.too-large": "refused",
  "forge.conflict": "refused",
  "forge.not-found": "refused",
  "push.refused": "refused",
  "account.not-ours": "not-in-a-bot",
  "config.invalid": "not-in-a-bot",
  "config.missing": "not-in-a-bot",
  "credentials.missing": "not-in-a-bot",
  "credentials.wrong": "not-in-a-bot",
  "data.too-new": "not-in-a-bot",
  "engine.failed": "not-in-a-bot",
  "engine.unavailable": "not-in-a-bot",
  "factory.locked": "not-in-a-bot",
  "forge.too-old": "not-in-a-bot",
  interrupted: "not-in-a-bot",
  "removal.unconfirmed": "not-in-a-bot",
  "usage.invalid": "not-in-a-bot",
  "state.invalid": "not-in-a-bot",
  "users.not-separate": "not-in-a-bot",
  "volume.in-use": "not-in-a-bot",
};

const FULL = /^(ENOSPC|EDQUOT)$/;

/** Returns undefined if it is a bug of ours, or a configuration error that waiting does not fix. */
export function classifyFailure(error: unknown): Failure | undefined {
  if (error instanceof DisintoError) {
    const kind = classes[error.code];
    return kind === "not-in-a-bot" ? undefined : { kind, error };
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

/** Answers with 500 to one issue, together: at a minute each, a server that is in trouble has had its time. */
export const MAX_SERVER_ERRORS = 20;
