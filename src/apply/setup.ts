/** The `.env` of a new factory: what was said, what is offered for the rest, and nothing in one that exists. */
import { readdir, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import path from "node:path";
import { loadStated } from "../config/load.ts";
import { ports } from "../core/service-ports.ts";
import {
  type Answers,
  completeAnswers,
  defaultCiPort,
  defaultForgePort,
  mergeAnswers,
} from "../core/setup.ts";
import { DEFAULT_FORGE } from "../forge-kinds/definitions.ts";
import { env } from "../settings/env.ts";
import { findFreePort } from "./free-port.ts";
import { findMachineName } from "./machine-name.ts";

export interface ProvidedAnswers {
  /** The CI of the project, where one is asked for by name. */
  readonly ci?: string | undefined;
  /** The name under which people say that this machine is found. */
  readonly machine?: string | undefined;
  /** Answers given by flags, or by a person who was asked. */
  readonly answers: Answers;
  /** Variables of the shell's environment; they count for a new factory only. */
  readonly exported: Answers;
}

/** Neither an `.env` nor a project: nobody has decided anything yet. */
export async function isNewFactory(folder: string): Promise<boolean> {
  const projects = await readdir(path.join(folder, "projects")).catch(() => []);
  if (projects.some((name) => name.endsWith(".toml"))) return false;
  return stat(path.join(folder, ".env")).then(
    () => false,
    () => true,
  );
}

/** The lines to write. */
export async function resolveAnswers(
  folder: string,
  { answers, exported, ci, machine: named }: ProvidedAnswers,
): Promise<Answers> {
  if (!(await isNewFactory(folder))) {
    const stated = await loadStated(folder);
    return mergeAnswers(answers, new Map([[env.forge.key, DEFAULT_FORGE], ...stated]));
  }
  const given = { ...exported, ...answers };
  const freePort = String(await findFreePort(Number(defaultForgePort)));
  const freeCiPort = String(await findFreePort(Number(defaultCiPort)));
  const freeDashboardPort = String(await findFreePort(ports.dashboard));
  const url = given[env.forgeUrl.key] ?? (named === undefined ? undefined : `http://${named}`);
  const machine = await findMachineName(url);
  const systemUser = userInfo().username;
  const free = { freePort, freeCiPort, freeDashboardPort };
  return completeAnswers(given, { ...free, machine, ci, systemUser });
}
