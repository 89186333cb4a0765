/** What each way to fail means, in one place: nothing above matches on a status or on words. */
import * as z from "zod";
import { DisintoError, type ErrorCode } from "../../errors.ts";

interface ErrorAnswer {
  readonly status: number;
  readonly text: string;
}

/** Forgejo's error body; `url` points to its API page and is of no use here. */
const ErrorBody = z.object({ message: z.string() });

const codes: Readonly<Record<number, ErrorCode>> = {
  401: "forge.unauthorized",
  403: "forge.forbidden",
  404: "forge.not-found",
  409: "forge.conflict",
  429: "forge.rate-limited",
  500: "forge.failed",
};

const hints: Partial<Record<ErrorCode, string>> = {
  "forge.unauthorized": "run `disinto init` to verify and repair credentials",
  "forge.failed": "check the forge's log (disinto logs forgejo) for what it could not do",
  "forge.unavailable":
    "check the forge's log (disinto logs forgejo), then run the same command again",
  "forge.rate-limited": "wait a moment and run the same command again",
};

export function classify(request: string, { status, text }: ErrorAnswer): DisintoError {
  const code = codes[status] ?? (status >= 500 ? "forge.unavailable" : "forge.invalid");
  const body = ErrorBody.safeParse(parseJson(text));
  const words = body.success && body.data.message !== "" ? body.data.message : `HTTP ${status}`;
  const hint = code === "forge.forbidden" ? hintForForbidden(words) : hints[code];
  return new DisintoError(code, `the forge refused ${request} with ${status}: ${words}`, { hint });
}

/** Forgejo names the scope (routers/api/v1/api.go tokenRequiresScopes); a missing role it puts into a sentence. */
function hintForForbidden(words: string): string {
  const scope = /required scope\(s\)[^[\n]{0,20}\[([^\]]{1,500})\]/.exec(words)?.[1];
  if (scope)
    return `the token lacks the scope ${scope}; \`disinto rotate\` creates one that has it`;
  if (/admin/i.test(words)) return "this needs an administrator of the forge or of the repository";
  return "the user lacks the role for this; `disinto init` verifies and repairs access";
}

interface NoAnswer {
  readonly url: string;
  readonly error: unknown;
  /** The limit that was exceeded, if one was. */
  readonly overdueMs: number | undefined;
}

const untrustedCertificateCodes =
  /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET))/;

/** No answer, or none that is whole. */
export function classifyNoAnswer({ url, error, overdueMs }: NoAnswer): DisintoError {
  const reason =
    overdueMs === undefined ? reasonOf(error) : `no complete answer within ${overdueMs / 1000} s`;
  return new DisintoError("forge.unavailable", `no answer from the forge at ${url}: ${reason}`, {
    hint: hintForNoAnswer(codeOf(error)),
    cause: error,
  });
}

function hintForNoAnswer(code: string): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return "the name is unknown: check FORGE_URL in .env and this machine's DNS";
  if (untrustedCertificateCodes.test(code))
    return "its certificate is not trusted: check FORGE_URL in .env, or set NODE_EXTRA_CA_CERTS to the CA's file";
  return "check that the forge is running (disinto status) and that FORGE_URL is right";
}

/** Whether to wait may help: a server that starts, is busy, or is restarted comes back; a wrong name does not. */
export function isPermanent({ code, cause }: DisintoError): boolean {
  if (code === "forge.rate-limited" || code === "forge.failed") return false;
  if (code !== "forge.unavailable") return true;
  const reason = codeOf(cause);
  return reason === "ENOTFOUND" || untrustedCertificateCodes.test(reason);
}

/** What may be over at the next attempt. */
export function isTransient(error: unknown): boolean {
  return error instanceof DisintoError && !isPermanent(error);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" ? code : "";
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : codeOf(error);
}
