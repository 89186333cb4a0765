/** Builds what the local CI works with from its settings. */
import path from "node:path";
import { buildEventFile } from "./adapters/event-file.ts";
import { buildForge } from "./adapters/forgejo/forge.ts";
import { buildMirror } from "./adapters/git/mirror.ts";
import { buildWorkFolders } from "./adapters/git/work-folders.ts";
import type { Tools } from "./cli/tools.ts";
import { CI_LOGIN } from "./core/names.ts";
import { type CiProject, serveLocalCi } from "./local/ci/serve.ts";
import type { CiSettings } from "./local/ci/settings.ts";

const POLL_INTERVAL_MS = 1_000;

export function buildCi(
  { projects, forge, dataFolder }: CiSettings,
  host: Tools,
): () => Promise<void> {
  const { signal, redact } = host;
  const api = buildForge({ url: forge.url, token: forge.token, signal, redact });
  const targets = projects.map((project): CiProject => {
    const { owner, name } = project.repo;
    const home = path.join(dataFolder, owner, name);
    const folder = path.join(home, "mirror.git");
    const access = { forgeUrl: forge.url, login: CI_LOGIN, token: forge.token };
    const mirror = buildMirror({
      folder,
      url: `${forge.url}/${owner}/${name}.git`,
      access,
      signal: host.signal,
    });
    return {
      project,
      pulls: api.pulls(project.repo),
      statuses: api.statuses(project.repo),
      mirror,
      folders: buildWorkFolders({ root: path.join(home, "work"), mirror: folder }),
      logs: path.join(home, "logs"),
    };
  });
  const events = buildEventFile({
    file: path.join(dataFolder, "events.jsonl"),
    by: CI_LOGIN,
    clock: host.clock,
    echo: host.print,
    redact,
  });
  return () =>
    serveLocalCi({
      projects: targets,
      clock: host.clock,
      events,
      pollIntervalMs: POLL_INTERVAL_MS,
      pathVariable: host.environment.PATH,
      signal: host.signal,
    });
}
