/**
 * A folder of somebody else's as a stream of bytes: packed and unpacked as its owner, so that the runner follows no name in
 * it. What must be bounded is the stream, since a file with holes takes no room where it lies.
 */
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DisintoError } from "../../errors.ts";
import { type Argv, type Child, start, toolEnvironment } from "../process.ts";
import { withTimeLimit } from "./other-user.ts";
import type { UserFiles } from "./user-files.ts";

const LIMIT_S = 30 * 60;

export interface ArchiveFile {
  readonly path: string;
  readonly limitBytes: number;
}

/** "too-large": nothing is left of it. */
export async function packFolder(
  folder: string,
  userFiles: UserFiles,
  { path, limitBytes }: ArchiveFile,
): Promise<"packed" | "too-large"> {
  const { child, end } = startTar(
    userFiles.command(withTimeLimit(LIMIT_S, ["tar", "-c", "-f", "-", "."]), folder),
  );
  child.stdin.end();
  let bytes = 0;
  const bounded = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > limitBytes) throw new Error("too large");
      yield chunk;
    }
  };
  try {
    await pipeline(child.stdout, bounded, createWriteStream(path, { mode: 0o600 }));
    requireDone(await end, folder);
    return "packed";
  } catch (error) {
    // Whoever's process it is: it ends with its output.
    await end;
    await rm(path, { force: true });
    if (bytes > limitBytes) return "too-large";
    throw error;
  }
}

/** The folder is there already. */
export async function unpackInto(
  folder: string,
  userFiles: UserFiles,
  archive: AsyncIterable<Uint8Array>,
): Promise<void> {
  const argv = ["tar", "-x", "-o", "--no-same-permissions", "-f", "-"] as const;
  const { child, end } = startTar(userFiles.command(withTimeLimit(LIMIT_S, argv), folder));
  child.stdout.resume();
  const sent = await pipeline(Readable.from(archive), child.stdin).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  requireDone(await end, folder);
  // tar is content with the archive's end, and reads none of the filling behind it.
  if (sent !== undefined && !closedEarly.includes(sent.code ?? "")) throw sent;
}

const closedEarly = ["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"];

interface Ended {
  readonly exitCode: number | undefined;
  readonly said: string;
}

function startTar(argv: Argv): { readonly child: Child; readonly end: Promise<Ended> } {
  const { PATH = "/usr/local/bin:/usr/bin:/bin" } = toolEnvironment();
  const child = start(argv, { env: { PATH, LC_ALL: "C" } });
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said = `${said}${text}`.slice(-1_000);
  });
  const end = child.then(({ exitCode, originalMessage = "" }) => ({
    exitCode,
    said: said || originalMessage,
  }));
  return { child, end };
}

function requireDone({ exitCode, said }: Ended, folder: string): void {
  if (exitCode === 0) return;
  const why = said.trim().split("\n").at(-1) || `tar ended with ${exitCode}`;
  throw new DisintoError("process.failed", `${folder} could not be packed or unpacked: ${why}`);
}
