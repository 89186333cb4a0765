/** The `.env` of a new factory: what was said, what is offered for the rest, and nothing in one that exists. */
import { readdir, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import path from "node:path";
import { loadStated } from "../config/load.ts";
import { type Answers, completeAnswers, defaultForgePort, mergeAnswers } from "../core/setup.ts";
import { DEFAULT_FORGE } from "../forge-kinds/definitions.ts";
import { env } from "../settings/env.ts";
import { findFreePort } from "./free-port.ts";

export interface ProvidedAnswers {
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
  { answers, exported }: ProvidedAnswers,
): Promise<Answers> {
  if (!(await isNewFactory(folder))) {
    const stated = await loadStated(folder);
    return mergeAnswers(answers, new Map([[env.forge.key, DEFAULT_FORGE], ...stated]));
  }
  const freePort = String(await findFreePort(Number(defaultForgePort)));
  return completeAnswers(
    { ...exported, ...answers },
    { freePort, systemUser: userInfo().username },
  );
}
