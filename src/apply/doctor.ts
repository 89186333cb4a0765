/** What the factory needs of its machine, checked one by one; each finding says how to fix it. */
import { statfs } from "node:fs/promises";
import { connect } from "node:net";
import { totalmem } from "node:os";
import { resolve } from "node:path";
import { toBytes } from "../core/bytes.ts";
import { deriveDesired } from "../core/desired.ts";
import type { Factory } from "../core/factory.ts";
import { countChanges } from "../core/plan-text.ts";
import { DisintoError } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import type { ModelQuestion, ModelReport } from "../ports/model-server.ts";
import { type CiExamination, checkCi } from "./doctor-ci.ts";
import { checkTests, checkVersions, type ImageExamination } from "./doctor-images.ts";
import { checkModels } from "./doctor-models.ts";
import { checkMounts } from "./doctor-mounts.ts";
import { checkPrograms } from "./doctor-programs.ts";
import { checkPush, type PushExamination } from "./doctor-push.ts";
import { checkRepositories } from "./doctor-repositories.ts";
import type { Finding } from "./finding.ts";
import { checkForgeVersion } from "./forge-problems.ts";
import { planFleet, requireCredentials } from "./observe.ts";

export interface Examination extends ImageExamination, CiExamination, PushExamination {
  readonly repositories: ImageExamination["repositories"] & PushExamination["repositories"];
  /** The shell's variables. */
  readonly shell: Readonly<Record<string, string | undefined>>;
  /** Version of the forge at this address; undefined when none answers. */
  readonly examineModel: (question: ModelQuestion) => Promise<ModelReport>;
  readonly forgeVersion: (url: string) => Promise<string | undefined>;
}

export async function examine(fleet: Examination): Promise<readonly Finding[]> {
  const checks = [
    checkEngine,
    checkShell,
    checkPorts,
    checkMemory,
    checkDisk,
    checkMounts,
    checkModels,
    checkForge,
    checkVersions,
    checkPrograms,
    checkTests,
    checkRepositories,
    checkPush,
  ];
  const findings = await Promise.all(checks.map((check) => check(fleet)));
  // Alone, since a run of the CI takes what the machine has.
  return [...findings.flat(), ...(await checkCi(fleet))];
}

async function checkEngine(fleet: Examination): Promise<readonly Finding[]> {
  const subject = "engine";
  try {
    const { steps, missing } = await planFleet(fleet);
    requireCredentials(missing);
    const changes = countChanges(steps);
    const count = changes === 1 ? "1 step" : `${changes} steps`;
    const message = `${fleet.containers.title} answers; disinto up would take ${count}`;
    return [{ subject, verdict: "good", message }];
  } catch (error) {
    if (!(error instanceof DisintoError)) throw error;
    return [{ subject, verdict: "bad", message: error.message, hint: error.hint }];
  }
}

/** disinto itself hands none of these on; a docker compose typed beside it would follow them. */
async function checkShell({ environment, shell }: Examination): Promise<readonly Finding[]> {
  return Object.entries(shell).flatMap(([key, value]): readonly Finding[] => {
    const own = environment.get(key);
    const isShadowing = own !== undefined && own !== value;
    if (value === undefined || !(isShadowing || key.startsWith("COMPOSE_"))) return [];
    const what = isShadowing
      ? "is exported in this shell with a different value"
      : "is exported in this shell";
    const message = `${key} ${what}; docker compose run by hand would use it`;
    return [{ subject: "shell", verdict: "note", message, hint: `unset ${key}` }];
  });
}

/** Each port that a service of ours would publish is free, or that service's own. */
async function checkPorts({
  factory,
  containers,
  folder,
}: Examination): Promise<readonly Finding[]> {
  const { containers: running } = await containers.observe().catch(() => ({ containers: [] }));
  const { services } = deriveDesired(factory, resolve(folder), containers.project);
  const ports = services.flatMap(({ name, ports }) => ports.map((port) => ({ name, ...port })));
  return Promise.all(
    ports.map(async ({ name, bind, published }): Promise<Finding> => {
      const isOurs = running.some((one) => one.service === name && one.running);
      const message = `${bind}:${published} for ${name}`;
      if (isOurs || !(await answers(bind, published))) return toOk("port", message);
      const hint =
        "set another port in .env (disinto config reference), or stop the program that listens on it";
      return { subject: "port", verdict: "bad", message: `${message} is already in use`, hint };
    }),
  );
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host === "0.0.0.0" ? "127.0.0.1" : host, port, timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true)).once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}

async function checkMemory({ factory }: Examination): Promise<readonly Finding[]> {
  const asked = factory.bots
    .filter(({ enabled }) => enabled)
    .map(({ memory }) => toBytes(memory) / 2 ** 30);
  const wanted = asked.reduce((sum, one) => sum + one, 0);
  const there = totalmem() / 2 ** 30;
  const message = `the bots' limits add up to ${wanted.toFixed(1)} GiB of ${there.toFixed(1)}`;
  if (wanted <= there) return [toOk("memory", message)];
  return [{ subject: "memory", verdict: "note", message, hint: "lower memory in [agents.<name>]" }];
}

async function checkDisk({ folder }: Examination): Promise<readonly Finding[]> {
  const { bavail, bsize } = await statfs(folder);
  const free = (bavail * bsize) / 2 ** 30;
  const message = `${free.toFixed(1)} GiB are free`;
  if (free >= 5) return [toOk("disk", message)];
  return [
    { subject: "disk", verdict: "note", message, hint: "clones, logs and images need disk space" },
  ];
}

async function checkForge({ factory, forgeVersion }: Examination): Promise<readonly Finding[]> {
  const { url } = factory.forge;
  const version = await forgeVersion(url).catch(() => undefined);
  if (version !== undefined) {
    const [other] = await checkForgeVersion(factory, async () => ({ version }));
    if (other) return [{ subject: "forge", verdict: "bad", message: other.text }];
    return [toOk("forge", `${url} is version ${version}`)];
  }
  const hint = hintForForge(factory);
  return [{ subject: "forge", verdict: "bad", message: `no forge answers at ${url}`, hint }];
}

function hintForForge({ forge }: Factory): string {
  return forgeKinds[forge.kind].service ? "run disinto up" : "correct FORGE_URL in .env";
}

function toOk(subject: string, message: string): Finding {
  return { subject, verdict: "good", message };
}
