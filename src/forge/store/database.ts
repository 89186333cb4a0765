/** One SQLite file in WAL mode, so that the administration commands may open it while the server runs. */
import Libsql from "libsql";
import { DisintoError } from "../../errors.ts";
import { schema } from "./schema.ts";

/** libsql aborts the process on booleans: the type keeps them out. */
export type Value = string | number | null;

export class Database {
  readonly #connection: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement<unknown[]>>();

  constructor(file: string) {
    this.#connection = new Libsql(file);
    this.#connection.pragma("busy_timeout = 10000");
    this.#connection.pragma("journal_mode = WAL");
    this.#connection.pragma("synchronous = NORMAL");
    this.#connection.pragma("foreign_keys = ON");
    this.#upgrade();
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    const row = this.#prepare(sql).get(...values.map(printable)) as
      | Record<string, unknown>
      | undefined;
    if (row) delete row._metadata;
    return row as Row | undefined;
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#prepare(sql).all(...values.map(printable)) as Row[];
  }

  /** Answers how many rows changed. */
  run(sql: string, ...values: Value[]): number {
    return this.#prepare(sql).run(...values.map(printable)).changes;
  }

  /** Answers the id of the new row. */
  insert(table: string, row: Readonly<Record<string, Value>>): number {
    const columns = Object.keys(row);
    const marks = columns.map(() => "?").join(", ");
    const sql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`;
    return Number(this.#prepare(sql).run(...Object.values(row).map(printable)).lastInsertRowid);
  }

  update(table: string, id: number, changes: Readonly<Record<string, Value>>): void {
    const columns = Object.keys(changes);
    if (columns.length === 0) return;
    const assignments = columns.map((column) => `${column} = ?`).join(", ");
    this.run(`UPDATE ${table} SET ${assignments} WHERE id = ?`, ...Object.values(changes), id);
  }

  /** Synchronous on purpose: nothing else of this process can come between. */
  transaction<Result>(work: () => Result): Result {
    if (this.#connection.inTransaction) return work();
    this.#connection.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#connection.exec("COMMIT");
      return result;
    } catch (error) {
      this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#connection.close();
  }

  #prepare(sql: string): Libsql.Statement<unknown[]> {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#connection.prepare(sql) as Libsql.Statement<unknown[]>;
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Each step of the schema runs once, in its own transaction; a newer file than this program knows is refused. */
  #upgrade(): void {
    const version = this.#version();
    if (version > schema.length) {
      throw new DisintoError(
        "data.too-new",
        `the forge's database has version ${version}; this disinto knows versions up to ${schema.length}`,
        { hint: "run the newer disinto that wrote it, or restore a backup from before" },
      );
    }
    for (let step = version; step < schema.length; step++) this.#applyStep(step);
  }

  #applyStep(step: number): void {
    this.transaction(() => {
      if (this.#version() !== step) return;
      this.#connection.exec(schema[step] ?? "");
      this.#connection.pragma(`user_version = ${step + 1}`);
    });
  }

  #version(): number {
    return this.get<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0;
  }
}

/** libsql ends a text at its first NUL; so none gets there, and none can cut a name short to look like another. */
function printable(value: Value): Value {
  return typeof value === "string" ? value.replaceAll("\0", "\ufffd") : value;
}

/** Forgejo keeps seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

export function bit(value: boolean): number {
  return value ? 1 : 0;
}
