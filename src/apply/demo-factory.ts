/** A factory for showing: a small repository, one bot that codes, one that reviews, and no model. */

import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setEnvironment } from "../config/env-file.ts";
import type { Repositories } from "../ports/repositories.ts";
import { env } from "../settings/env.ts";
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
  const command = (script: string): string =>
    JSON.stringify([process.execPath, path.join(assets, script)]);
  return [
    'repo = "disinto-admin/greeter"',
    "",
    "[ci]",
    'required = ["ci/local/test"]',
    "",
    "[agents.dev-qwen]",
    'roles = ["dev"]',
    'harness = "command"',
    `command = ${command("coder.mjs")}`,
    "poll_interval = 1",
    "",
    "[agents.reviewer]",
    'roles = ["review"]',
    'harness = "command"',
    `command = ${command("reviewer.mjs")}`,
    "poll_interval = 1",
    "",
  ].join("\n");
}
