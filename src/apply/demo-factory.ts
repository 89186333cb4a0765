/** A factory for showing: a small repository, one bot that codes, one that reviews, and no model. */

import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setAgentSection } from "../config/agent-section.ts";
import { setEnvironment } from "../config/env-file.ts";
import { setTomlKey } from "../config/toml-edit.ts";
import { COMMAND_HARNESS } from "../harness/definitions.ts";
import type { Repositories } from "../ports/repositories.ts";
import type { Role } from "../roles/definitions.ts";
import { env } from "../settings/env.ts";
import type { ProjectFile } from "../settings/project.ts";
import { findFreePort } from "./free-port.ts";

interface DemoOptions {
  readonly folder: string;
  /** Where the package keeps the demo's files. */
  readonly assets: string;
  readonly repositories: Repositories;
}

/** The operator's part: a repository, one line in .env, one project file. */
export async function createDemoFiles({
  folder,
  assets,
  repositories,
}: DemoOptions): Promise<string> {
  const repository = path.join(folder, "greeter");
  await cp(path.join(assets, "repository"), repository, { recursive: true });
  await repositories.init(repository);
  await setEnvironment(folder, {
    [env.engine.key]: "local",
    [env.name.key]: "demo",
    [env.forgePort.key]: String(await findFreePort()),
    [env.llamaBots.key]: "dev-qwen",
  });
  await mkdir(path.join(folder, "projects"));
  await writeFile(path.join(folder, "projects", "greeter.toml"), formatProject(assets));
  return repository;
}

function formatProject(assets: string): string {
  const settings = (role: Role, script: string) => ({
    roles: [role],
    harness: COMMAND_HARNESS,
    command: [process.execPath, path.join(assets, script)],
    poll_interval: 1,
  });
  const repo: keyof ProjectFile = "repo";
  const ci: keyof ProjectFile = "ci";
  const required: keyof ProjectFile["ci"] = "required";
  let text = setTomlKey("", [repo], "disinto-admin/greeter");
  text = setTomlKey(text, [ci, required], ["ci/local/test"]);
  text = setAgentSection(text, "dev-qwen", settings("dev", "coder.mjs"));
  return setAgentSection(text, "reviewer", settings("review", "reviewer.mjs"));
}
