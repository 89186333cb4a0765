/**
 * git over HTTP: git's own http-backend does the work, this passes bytes. A push that was begun is never cut short
 * because its client left: killing receive-pack would leave lock files and half a push behind.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { start } from "../../adapters/process.ts";
import { protectionsOf } from "../branches/protections.ts";
import { type ForgeContext, repositoryPath } from "../forge.ts";
import { ApiError } from "../http/api-error.ts";
import { limitTransfer } from "../http/request-limits.ts";
import { type AccessLevel, accessBy, allows } from "../repositories/permission.ts";
import { findRepository } from "../repositories/repositories.ts";
import type { RepositoryRow } from "../store/rows.ts";
import type { Doer } from "../users/authentication.ts";
import { hasScope, isPublicOnly } from "../users/token-scopes.ts";
import { pushEnvironment } from "./pre-receive.ts";
import { afterPush } from "./push.ts";
import { gitEnvironment, MAX_GIT_MEMORY } from "./repository.ts";

export interface GitRequest {
  readonly owner: string;
  readonly name: string;
  /** `info/refs`, `git-upload-pack` or `git-receive-pack`. */
  readonly action: string;
  readonly query: string;
  readonly pushes: boolean;
}

/** Returns undefined if it is not a path of git's HTTP protocol. */
export function parseGitRequest(request: IncomingMessage): GitRequest | undefined {
  const url = new URL(request.url ?? "/", "http://localhost");
  const match = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-(?:upload|receive)-pack)$/.exec(
    url.pathname,
  );
  if (!match) return undefined;
  const [, owner = "", name = "", action = ""] = match;
  const service = action === "info/refs" ? url.searchParams.get("service") : action;
  return {
    owner: decodeSegment(owner),
    name: decodeSegment(name),
    action,
    query: service === null ? "" : `service=${service}`,
    pushes: service === "git-receive-pack",
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export async function serveGit(
  forge: ForgeContext,
  git: GitRequest,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const held: (() => void)[] = [];
  try {
    const { repository, doer } = await authorize(forge, git, request);
    const who = doer?.user.login ?? `from ${request.socket.remoteAddress}`;
    const mayWrite = doer !== undefined && allows(accessBy(forge.db, repository, doer), "write");
    held.push(forge.gitSlots.take({ who, mayWrite }));
    if (git.action === "git-receive-pack") held.push(await forge.gitSlots.takePush(who));
    const env = backendEnvironment(forge, { git, request, repository, doer });
    await runBackend({ env, request, response }, async () => {
      if (!doer || !git.pushes || git.action === "info/refs") return;
      await afterPush(forge, { repositoryId: repository.id, doer: doer.user });
    });
  } catch (error) {
    request.resume();
    sendError(request, response, error);
  } finally {
    for (const release of held) release();
  }
}

interface Authorized {
  readonly repository: RepositoryRow;
  readonly doer: Doer | undefined;
}

/** routers/web/repo/githttp.go httpBase: reading a public repository asks for nothing, all else for a user. */
async function authorize(forge: ForgeContext, git: GitRequest, request: IncomingMessage) {
  const repository = findRepository(forge.db, git.owner, git.name);
  const open = repository !== undefined && !repository.private && !git.pushes;
  const { authorization } = request.headers;
  const { remoteAddress: address } = request.socket;
  // Who says who it is has a share of its own.
  if (open && authorization === undefined)
    return { repository, doer: undefined } satisfies Authorized;
  const doer = await forge.authentication.identify({ authorization, address });
  if (!doer) throw new ApiError(401, "Unauthorized");
  requireSignedIn(doer);
  const access: AccessLevel = repository ? accessBy(forge.db, repository, doer) : "none";
  if (!repository || access === "none") throw new ApiError(404, "Repository not found");
  requireScope(doer, repository, git.pushes);
  if (git.pushes && repository.archived) {
    throw new ApiError(
      403,
      "This repo is archived. You can view files and clone it, but cannot push or open issues/pull-requests.",
    );
  }
  return { repository, doer } satisfies Authorized;
}

function requireSignedIn({ user }: Doer): void {
  if (!user.active || user.prohibit_login) throw new ApiError(403, "Your account is disabled.");
}

/** services/context/permission.go CheckRepoScopedToken. */
function requireScope({ scopes }: Doer, repository: RepositoryRow, pushes: boolean): void {
  if (scopes === undefined) return;
  const enough = hasScope(scopes, pushes ? "write" : "read", "repository");
  if (!enough || (repository.private && isPublicOnly(scopes))) throw new ApiError(403, "Forbidden");
}

interface Backend extends Authorized {
  readonly git: GitRequest;
  readonly request: IncomingMessage;
}

/**
 * CONTENT_LENGTH is left out even where it is known: with it, git's http-backend waits for the missing bytes of a
 * client that left by reading an ended input for ever (pipe_fixed_length in http-backend.c).
 */
function backendEnvironment(
  forge: ForgeContext,
  { git, request, repository, doer }: Backend,
): Record<string, string> {
  const header = (name: string) => request.headers[name]?.toString() ?? "";
  const optional = {
    CONTENT_TYPE: header("content-type"),
    HTTP_CONTENT_ENCODING: header("content-encoding"),
    GIT_PROTOCOL: header("git-protocol"),
    REMOTE_USER: doer?.user.login ?? "",
  };
  const given = Object.entries(optional).filter(([, value]) => value !== "");
  const access = accessBy(forge.db, repository, doer);
  const push =
    doer && git.pushes
      ? pushEnvironment(repository, protectionsOf(forge.db, repository), { ...doer, access })
      : {};
  return gitEnvironment(forge.folder, {
    ...Object.fromEntries(given),
    GIT_PROJECT_ROOT: repositoryPath(forge.folder, repository.id),
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${git.action}`,
    QUERY_STRING: git.query,
    REQUEST_METHOD: request.method ?? "GET",
    REMOTE_ADDR: request.socket.remoteAddress ?? "",
    ...push,
  });
}

interface BackendExchange {
  readonly env: Record<string, string>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const IDLE_MS = 60_000;
/** Long enough to read why, for who did not end its request. */
const PARTING_MS = 5_000;

/**
 * Memory in KB, CPU in seconds, size of a file in blocks of 512: a small pack may hold objects without end. A push that is
 * cut short by them is refused as a whole.
 */
const limited = `ulimit -v ${MAX_GIT_MEMORY / 1000}; ulimit -t 600; ulimit -f 4000000; exec git http-backend`;

/** Ends the answer only after `finish`, so that what a push caused is done when its client goes on. */
async function runBackend(
  { env, request, response }: BackendExchange,
  finish: () => Promise<void>,
): Promise<void> {
  const child = start(["sh", "-c", limited], { env });
  child.stderr.resume();
  child.stdin.on("error", () => undefined);
  response.on("error", () => undefined);
  request.on("aborted", () => child.stdin.end());
  // Who sends nothing more, or takes nothing more, is taken for gone; git may think as long as it may.
  request.setTimeout(IDLE_MS, () => {
    if (!request.complete || response.writableNeedDrain) request.destroy();
  });
  limitTransfer(request, response);
  request.pipe(child.stdin);
  const head = new HeaderReader(response);
  for await (const chunk of child.stdout) await head.write(chunk as Buffer);
  const { exitCode, signal, originalMessage } = await child;
  if (exitCode === undefined && signal === undefined) throw new Error(originalMessage);
  await finish();
  head.end();
}

/** CGI: a few header lines, an empty line, the body. */
class HeaderReader {
  readonly #response: ServerResponse;
  #head = Buffer.alloc(0);
  #done = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#done) return await this.#send(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return;
    this.#done = true;
    this.#writeHead(this.#head.subarray(0, end).toString("latin1"));
    await this.#send(this.#head.subarray(end + 4));
  }

  end(): void {
    if (!this.#done && !this.#response.headersSent) this.#response.statusCode = 500;
    this.#response.end();
  }

  #writeHead(text: string): void {
    for (const line of text.split("\r\n")) {
      const colon = line.indexOf(":");
      const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
      if (name.toLowerCase() === "status") this.#response.statusCode = Number.parseInt(value, 10);
      else this.#response.setHeader(name, value);
    }
  }

  /** Waits for a slow client, but not for one that left. */
  async #send(chunk: Buffer): Promise<void> {
    const response = this.#response;
    if (response.destroyed || chunk.length === 0 || response.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        response.off("drain", go);
        response.off("close", go);
        resolve();
      };
      response.once("drain", go);
      response.once("close", go);
    });
  }
}

function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known = error instanceof ApiError;
  response.statusCode = known ? error.status : 500;
  if (response.statusCode === 401) response.setHeader("WWW-Authenticate", 'Basic realm="Gitea"');
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(`${known ? error.message : "Internal Server Error"}\n`);
  setTimeout(() => {
    if (!request.complete) request.destroy();
  }, PARTING_MS).unref();
}
