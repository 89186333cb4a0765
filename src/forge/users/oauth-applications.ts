/** OAuth applications: registered for Woodpecker; the sign-in itself this forge does not offer. */
import { randomBytes, randomUUID } from "node:crypto";
import { iso } from "../http/shapes.ts";
import { bit, type Database, now } from "../store/database.ts";
import type { UserRow } from "../store/rows.ts";
import { hashToken } from "./secrets.ts";

interface ApplicationRow {
  readonly id: number;
  readonly user_id: number;
  readonly name: string;
  readonly client_id: string;
  readonly confidential: number;
  readonly redirect_uris: string;
  readonly created: number;
}

export interface ApplicationOptions {
  readonly name: string;
  readonly confidential_client: boolean;
  readonly redirect_uris: readonly string[];
}

export function listApplications(db: Database, owner: UserRow): ApplicationRow[] {
  return db.all<ApplicationRow>(
    "SELECT * FROM oauth_applications WHERE user_id = ? ORDER BY id",
    owner.id,
  );
}

export function findApplication(
  db: Database,
  owner: UserRow,
  id: number,
): ApplicationRow | undefined {
  return listApplications(db, owner).find((application) => application.id === id);
}

/** models/auth/oauth2.go: `gto_` and a random part; only its hash stays. */
function newSecret(): string {
  return `gto_${randomBytes(32).toString("hex")}`;
}

export function createApplication(db: Database, owner: UserRow, options: ApplicationOptions) {
  const secret = newSecret();
  const id = db.insert("oauth_applications", {
    user_id: owner.id,
    client_id: randomUUID(),
    created: now(),
    ...columnsOf(options, secret),
  });
  return { application: findApplication(db, owner, id), secret };
}

/** A change makes a new secret, as Forgejo's does. */
export function changeApplication(db: Database, id: number, options: ApplicationOptions): string {
  const secret = newSecret();
  db.update("oauth_applications", id, columnsOf(options, secret));
  return secret;
}

function columnsOf(
  { name, confidential_client, redirect_uris }: ApplicationOptions,
  secret: string,
) {
  return {
    name,
    confidential: bit(confidential_client),
    redirect_uris: JSON.stringify(redirect_uris),
    secret_hash: hashToken(secret),
  };
}

export function applicationShape(row: ApplicationRow, secret = "") {
  return {
    id: row.id,
    name: row.name,
    client_id: row.client_id,
    client_secret: secret,
    confidential_client: row.confidential === 1,
    redirect_uris: JSON.parse(row.redirect_uris) as string[],
    created: iso(row.created),
  };
}
