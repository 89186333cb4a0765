/** Builds a mirror for one task of the operator's command, in a temporary folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildMirror } from "./adapters/git/mirror.ts";
import type { Remote, ScratchMirror } from "./bot/self-test.ts";

export async function openScratchMirror(
  { forgeUrl, repo, login, token }: Remote,
  signal: AbortSignal,
): Promise<ScratchMirror> {
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-mirror-"));
  const mirror = buildMirror({
    folder: path.join(folder, "mirror.git"),
    url: `${forgeUrl}/${repo.owner}/${repo.name}.git`,
    access: { forgeUrl, login, token },
    signal,
  });
  return { mirror, discard: () => rm(folder, { recursive: true, force: true }) };
}
