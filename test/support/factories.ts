/** Factories for tests, made through the real configuration reader. */
import { checkFiles } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { Factory } from "../../src/core/factory.ts";

export const shop = 'repo = "acme/shop"\n[ci]\nprovider = "external"\n';

/** `projects` are TOML texts by file name. */
export function makeFactory(env: string, projects: Readonly<Record<string, string>> = {}): Factory {
  const files = Object.entries(projects).map(([name, text]) => ({
    file: `projects/${name}.toml`,
    text,
  }));
  const { loaded, problems } = checkFiles({ env, projects: files }, "0.1.0");
  if (!loaded) throw new Error(problems.map(formatProblem).join("\n"));
  return loaded.factory;
}

/** The problems of a configuration, as people read them. */
export function listProblems(env: string, projects: Readonly<Record<string, string>> = {}): string {
  const files = Object.entries(projects).map(([name, text]) => ({
    file: `projects/${name}.toml`,
    text,
  }));
  return checkFiles({ env, projects: files }, "0.1.0").problems.map(formatProblem).join("\n");
}
