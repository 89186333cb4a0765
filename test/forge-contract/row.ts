import type { World } from "./world.ts";

/** One promise of Forgejo that disinto leans on. */
export interface Row {
  /** A sentence of behaviour. */
  readonly says: string;
  /** The place in Forgejo's source that makes the promise. */
  readonly source: string;
  /** Breaks the embedded forge there, in its compiled form: with it the row must fail. */
  readonly mutation: Mutation;
  /** Forgejo's major version that brought it: an older server is not asked; the embedded forge is. */
  readonly since?: number;
  readonly check: (world: World) => Promise<void>;
}

export interface Mutation {
  /** Below `src/forge/`, without the ending. */
  readonly file: string;
  readonly find: string | RegExp;
  readonly replace: string;
}
