/** Whether the forge takes a push of the size that repositories have, by the address that people use, edge and all. */
import { randomBytes, randomUUID } from "node:crypto";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Factory } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import { DisintoError } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import type { Credentials, ForgeAdmin } from "../ports/forge-admin.ts";
import type { Repositories } from "../ports/repositories.ts";
import { env } from "../settings/env.ts";
import type { Finding } from "./finding.ts";
import type { Fleet } from "./observe.ts";

export interface PushExamination extends Fleet {
  readonly forgeAdmin: (url: string, admin: Credentials) => Promise<ForgeAdmin>;
  readonly forgeVersion: (url: string) => Promise<string | undefined>;
  readonly repositories: Pick<Repositories, "init" | "push">;
}

const MEGABYTES = 100;

/** Nothing lies between this machine and disinto's own forge; without an administrator nobody may make a repository for it. */
export async function checkPush(fleet: PushExamination): Promise<readonly Finding[]> {
  const { factory, environment, forgeAdmin, forgeVersion } = fleet;
  const { url, adminUser: login } = factory.forge;
  const password = environment.get(env.forgeAdminPass.key);
  if (forgeKinds[factory.forge.kind].service?.isOwn || !password) return [];
  if ((await forgeVersion(url).catch(() => undefined)) === undefined) return [];
  const forge = await forgeAdmin(url, { login, password });
  return [await pushInto(fleet, forge, password)];
}

async function pushInto(
  { factory, repositories }: PushExamination,
  forge: ForgeAdmin,
  password: string,
): Promise<Finding> {
  const subject = "push";
  const { url, adminUser: login } = factory.forge;
  const repo = { owner: login, name: nameScratch(factory) };
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-push-"));
  try {
    for (let megabyte = 0; megabyte < MEGABYTES; megabyte++)
      await appendFile(path.join(folder, "random"), randomBytes(1_000_000));
    await repositories.init(folder);
    await forge.repositories.create(repo, { private: true, defaultBranch: "main" });
    const access = { forgeUrl: url, login, token: password };
    const startMs = performance.now();
    await repositories.push({ folder, url: `${url}/${formatRepo(repo)}.git`, access });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    return {
      subject,
      verdict: "good",
      message: `${url} took a push of ${MEGABYTES} MB in ${seconds} s`,
    };
  } catch (error) {
    if (!(error instanceof DisintoError)) throw error;
    const message = `${url} does not take a push of ${MEGABYTES} MB: ${error.message}`;
    const hint = "look at what lies between: a proxy's limit of bodies, a full disk";
    return { subject, verdict: "bad", message, hint };
  } finally {
    await forge.repositories.remove(repo).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Nobody has one of that name, and a killed run's is known for what it is. */
function nameScratch({ name }: Factory): string {
  return `${name}-doctor-${randomUUID().slice(0, 8)}`;
}
