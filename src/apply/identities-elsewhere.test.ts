/** On a forge where the administrator is not at home: the project is another's, and private. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import { buildForgeAdmin } from "../adapters/forgejo/forge-admin.ts";
import { loadEnvironment } from "../config/load.ts";
import { openSecrets } from "../config/secret-store.ts";
import { deriveIdentities } from "../core/identities.ts";
import { startForge } from "../forge/serve.ts";
import { createAccount } from "../forge/users/admin.ts";
import { applyIdentities } from "./identities.ts";

const admin = { login: "root", password: "correct horse battery" };
const repo = { owner: "somebody", name: "theirs" };

let root: string;
let forge: Awaited<ReturnType<typeof startForge>>;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-elsewhere-"));
  const folder = path.join(root, "forge");
  forge = await startForge({ folder, host: "127.0.0.1", port: 0 });
  const { login: username, password } = admin;
  await createAccount(folder, { username, email: "root@x.invalid", admin: true, password });
  const { users, repositories } = buildForgeAdmin({ url: forge.url, admin });
  const owner = {
    login: repo.owner,
    password: "another long password",
    email: "s@x.invalid",
    mark: "",
  };
  await users.create(owner);
  await repositories.create(repo, { private: true, defaultBranch: "main" });
});

afterAll(async () => {
  await forge.close();
  await rm(root, { recursive: true });
});

test("an administrator without access of its own stands in no protection, and init ends", async () => {
  const env = "FORGE_ADMIN_USER=root\nLLAMA_BASE_URL=http://m:1\nLLAMA_BOTS=ada\n";
  const shop = `repo = "${repo.owner}/${repo.name}"\n[ci]\nprovider = "external"\n`;
  await writeFile(path.join(root, ".env"), env);
  const forgeAdmin = buildForgeAdmin({ url: forge.url, admin });
  const apply = async () => {
    const secrets = openSecrets(root, await loadEnvironment(root), () => undefined);
    const newSecret = () => crypto.randomUUID();
    const tools = { forge: forgeAdmin, secrets, newSecret, fill: undefined, say: () => undefined };
    return applyIdentities(tools, deriveIdentities(makeFactory(env, { shop })), { dryRun: false });
  };

  await apply();

  expect(await forgeAdmin.repositories.protection(repo, "main")).toMatchObject({
    approvers: [],
    mergers: ["ada"],
  });
  expect(await apply()).toEqual([]);
});
