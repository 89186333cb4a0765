/** What every route works with: the database, the bare repositories, the address, and one queue per repository. */
import { join } from "node:path";
import type { CommitLookups } from "./git/commit-lookups.ts";
import { GitRepository } from "./git/repository.ts";
import type { GitSlots } from "./git/slots.ts";
import type { Database } from "./store/database.ts";
import type { Authentication } from "./users/authentication.ts";

export interface ForgeContext {
  readonly db: Database;
  readonly folder: string;
  /** The URL without a trailing slash. */
  readonly url: string;
  readonly authentication: Authentication;
  readonly queue: Queue;
  readonly lookups: CommitLookups;
  readonly gitSlots: GitSlots;
}

export function repositoryPath(folder: string, id: number): string {
  return join(folder, "repositories", `${id}.git`);
}

/** Repositories are stored by id, so no name from outside ever becomes a path. */
export function gitOf(forge: ForgeContext, repository: { readonly id: number }): GitRepository {
  return new GitRepository(repositoryPath(forge.folder, repository.id), forge);
}

/** Work on one repository's refs and rows runs one after the other. */
export class Queue {
  readonly #last = new Map<number, Promise<unknown>>();

  async run<Result>(repositoryId: number, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(repositoryId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(repositoryId, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(repositoryId) === settled) this.#last.delete(repositoryId);
    }
  }
}
