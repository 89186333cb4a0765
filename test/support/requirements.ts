/** What some tests need and a machine may lack. Nothing is fetched for them unless the whole run is asked for. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { run } from "../../src/adapters/process.ts";

/** `missing` says why the tests that need it are skipped. */
export type Requirement<Found> = Found | { readonly missing: string };

const pins = path.join(import.meta.dirname, "../../docker/agents/agents.json");

/** Images that scenarios can build on, the first that is there. */
const bases = ["disinto-base/node:host", "node:20-bookworm-slim", "node:24-bookworm-slim"];

export const agentsRequired = process.env.DISINTO_REQUIRE_AGENTS === "1";
export const dockerRequired = process.env.DISINTO_REQUIRE_DOCKER === "1";

/** Docker Engine with Compose, and a local image to build on; `DISINTO_REQUIRE_DOCKER=1` also pulls one. */
export async function findDocker(): Promise<Requirement<{ readonly base: string }>> {
  const succeeds = (...argv: readonly [string, ...string[]]) =>
    run(argv, { timeoutMs: 300_000 }).then(
      ({ exitCode }) => exitCode === 0,
      () => false,
    );
  if (!(await succeeds("docker", "info"))) return { missing: "no Docker Engine answers" };
  if (!(await succeeds("docker", "compose", "version"))) return { missing: "no Docker Compose v2" };
  for (const base of bases) if (await succeeds("docker", "image", "inspect", base)) return { base };
  const pulled = "node:24-bookworm-slim";
  if (dockerRequired && (await succeeds("docker", "pull", pulled))) return { base: pulled };
  return { missing: `none of the images ${bases.join(", ")} is here` };
}

/** One folder for each set of versions, outside the checkout, so that it is filled once per machine. */
export function findAgentsFolder(): { readonly folder: string; readonly isFilled: boolean } {
  const versions = JSON.parse(readFileSync(pins, "utf8")) as Record<string, string>;
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache");
  const folder = path.join(cache, "disinto", "agents", Object.values(versions).join("-"));
  return { folder, isFilled: existsSync(folder) };
}

/**
 * A real llama-server: `DISINTO_TEST_LLAMA_SERVER` names a program that becomes one, with llama-server's own arguments and
 * a model whose answers are known. `DISINTO_REQUIRE_LLAMA=1` makes its absence a failure.
 */
export const llamaProgram = process.env.DISINTO_TEST_LLAMA_SERVER ?? "";
export const llamaMissing = "DISINTO_TEST_LLAMA_SERVER names no real llama-server";
if (llamaProgram === "" && process.env.DISINTO_REQUIRE_LLAMA === "1") throw new Error(llamaMissing);

export const agentsMissing = "the coding agents are not installed (700 MB from npm)";
