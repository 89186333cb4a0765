/**
 * What runs of a project's primary branch leave for those after them. It is an archive of the CI's own: every run unpacks
 * a copy as its own user, and nothing of a copy comes back but from a run of the primary branch that succeeded.
 */
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { packFolder, unpackInto } from "../../adapters/session-user/archive.ts";
import type { SessionUser } from "../../adapters/session-user/session-user.ts";

const NAME = "cache.tar";

export class ProjectCache {
  readonly #folder: string;
  readonly limitBytes: number;
  #made = 0;

  private constructor(folder: string, limitBytes: number) {
    this.#folder = folder;
    this.limitBytes = limitBytes;
  }

  /** What a CI that was killed had not finished goes. */
  static async open(folder: string, limitBytes: number): Promise<ProjectCache> {
    await mkdir(folder, { recursive: true });
    const parts = (await readdir(folder)).filter((name) => name.startsWith(`${NAME}.`));
    for (const part of parts) await rm(path.join(folder, part));
    if (limitBytes === 0) await rm(path.join(folder, NAME), { force: true });
    return new ProjectCache(folder, limitBytes);
  }

  /** Answers undefined while there is none. Whoever reads it has it whole, whatever takes its place meanwhile. */
  async read(): Promise<Readable | undefined> {
    const file = await open(path.join(this.#folder, NAME)).catch(() => undefined);
    return file && createReadStream("", { fd: file });
  }

  /** A copy in a folder of that user's, which is there. */
  async unpack(folder: string, { userFiles }: SessionUser): Promise<void> {
    const archive = await this.read();
    if (archive) await unpackInto(folder, userFiles, archive);
  }

  /**
   * Takes what a run has made of its copy. One over the limit is not kept, and the one before goes too, so that the next
   * run begins with nothing and what nobody uses any more is gone.
   */
  async keep(folder: string, { userFiles }: SessionUser): Promise<"kept" | "dropped"> {
    const file = path.join(this.#folder, NAME);
    const part = `${file}.${++this.#made}`;
    const { limitBytes } = this;
    const packed = await packFolder(folder, userFiles, { path: part, limitBytes });
    if (packed === "packed") await rename(part, file);
    else await rm(file, { force: true });
    return packed === "packed" ? "kept" : "dropped";
  }
}
