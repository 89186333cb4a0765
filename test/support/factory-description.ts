/** Who plays in a scene, as the configuration of a factory. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Factory } from "../../src/core/factory.ts";
import { makeFactory } from "./factories.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const demo = fileURLToPath(new URL("../../demo/", import.meta.url));

export const adminLogin = "disinto-admin";
export const repo = { owner: adminLogin, name: "greeter" };

export const scriptedCoder = [process.execPath, path.join(here, "coder.mjs")];
const scriptedReviewer = [process.execPath, path.join(demo, "reviewer.mjs")];

export interface FactoryDescription {
  readonly devs: readonly string[];
  readonly reviewers: readonly string[];
  /** Bots with both roles. */
  readonly both?: readonly string[];
  readonly coder?: readonly string[];
  readonly reviewer?: readonly string[];
  /** Seconds; bots that are many leave a small machine more time for work the less often they ask. */
  readonly pollInterval?: number;
  /** Further lines of the project's file, before its bots. */
  readonly project?: readonly string[];
  /** Further files of the repository's first commit, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** By bot: lines of its section instead of those that name a command. */
  readonly sections?: Readonly<Record<string, readonly string[]>>;
}

export function describeFactory(cast: FactoryDescription): Factory {
  const { devs, reviewers, both = [], project = [], sections = {} } = cast;
  const { coder = scriptedCoder, reviewer = scriptedReviewer, pollInterval = 0.1 } = cast;
  const section = (name: string, command: readonly string[], ...roles: readonly string[]) =>
    [
      `[agents.${name}]`,
      `roles = ${JSON.stringify(roles)}`,
      ...(sections[name] ?? ['harness = "command"', `command = ${JSON.stringify(command)}`]),
      `poll_interval = ${pollInterval}`,
    ].join("\n");
  const text = [
    `repo = "${repo.owner}/${repo.name}"`,
    ...project,
    "[ci]",
    'required = ["ci/local/test"]',
    ...devs.map((name) => section(name, coder, "dev")),
    ...reviewers.map((name) => section(name, reviewer, "review")),
    ...both.map((name) => section(name, coder, "dev", "review")),
  ];
  return makeFactory("DISINTO_ENGINE=local\n", { greeter: `${text.join("\n")}\n` });
}
