/** Everything the embedded forge knows, as one value: to see that nothing but what was asked for has changed. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import Libsql from "libsql";

export interface ForgeDump {
  /** Rows by table. */
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** Name → login of every access token's owner. */
  readonly tokens: readonly {
    readonly login: string;
    readonly name: string;
    readonly hash: string;
  }[];
}

/** Columns that tell when something was last looked at, not what it is. */
const restless = new Set(["last_login", "read_tip", "updated"]);

export async function dumpForge(factoryFolder: string): Promise<ForgeDump> {
  const data = path.join(factoryFolder, ".disinto", "local", "forgejo", "data");
  const file = (await readdir(data)).find((name) => /\.(db|sqlite3?)$/.test(name));
  if (file === undefined) throw new Error(`no database in ${data}`);
  const db = new Libsql(path.join(data, file), { readonly: true });
  try {
    const names = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all() as { name: string }[];
    const tables = names
      .map(({ name }) => name)
      .sort()
      .map((name) => [name, (db.prepare(`SELECT * FROM ${name}`).all() as Row[]).map(settle)]);
    const tokens = db
      .prepare(
        "SELECT login, name, hash FROM tokens JOIN users ON users.id = user_id ORDER BY login, name",
      )
      .all() as ForgeDump["tokens"];
    return { tables: Object.fromEntries(tables), tokens };
  } finally {
    db.close();
  }
}

type Row = Record<string, unknown>;

function settle(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !restless.has(column)));
}

/** The files an operator sees, by name. */
export async function dumpFiles(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = [
    ".env",
    ...(await readdir(path.join(folder, "projects"))).map((n) => `projects/${n}`),
  ];
  const texts = names.map(async (name) => [name, await readFile(path.join(folder, name), "utf8")]);
  return Object.fromEntries(await Promise.all(texts));
}
