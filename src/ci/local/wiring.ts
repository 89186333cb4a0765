/** Builds what the local CI works with from its settings. */
import { chmod, mkdir } from "node:fs/promises";
import path from "node:path";
import { buildEventFile } from "../../adapters/event-file.ts";
import { openEventLink } from "../../adapters/event-link.ts";
import { buildForge } from "../../adapters/forgejo/forge.ts";
import { buildMirror } from "../../adapters/git/mirror.ts";
import { buildSubmodules } from "../../adapters/git/submodules.ts";
import { buildWorkFolders } from "../../adapters/git/work-folders.ts";
import { useProxy } from "../../adapters/outgoing-proxy.ts";
import { buildStepUsers } from "../../adapters/session-user/separation.ts";
import type { Tools } from "../../cli/tools.ts";
import { replaceFile } from "../../config/atomic-file.ts";
import { DEFAULT_CACHE, toBytes } from "../../core/bytes.ts";
import { listCiSecrets } from "../../core/ci-secrets.ts";
import { CI_ADDRESS_FILE, CI_NAME } from "../../core/names.ts";
import { removeOlderCheckouts } from "../../older/checkouts.ts";
import { findCiLogin } from "../definitions.ts";
import { serveCiApi } from "./api.ts";
import { ProjectCache } from "./cache.ts";
import type { CiProject, RunSlot } from "./ci-project.ts";
import { Pipelines } from "./pipelines.ts";
import { LocalCi } from "./serve.ts";
import type { CiSettings } from "./settings.ts";

const POLL_INTERVAL_MS = 1_000;

export function buildCi(settings: CiSettings, host: Tools): () => Promise<void> {
  // Before anything is asked: the forge may be outside.
  useProxy();
  const { dataFolder } = settings;
  const file = path.join(dataFolder, "events.jsonl");
  const link = openEventLink(settings.dashboard, { by: CI_NAME, file });
  const events = buildEventFile({
    file,
    by: CI_NAME,
    clock: host.clock,
    echo: (line) => {
      host.print(line);
      link?.offer(line);
    },
    redact: host.redact,
  });
  return async () => {
    await mkdir(dataFolder, { recursive: true });
    // Runs pass through to their own folders, and see nothing else.
    if (settings.separation) await chmod(dataFolder, 0o711);
    const projects = await openProjects(settings, host);
    const ci = new LocalCi({
      projects,
      clock: host.clock,
      events,
      redact: host.redact,
      pollIntervalMs: POLL_INTERVAL_MS,
      pathVariable: host.environment.PATH,
      slots: await takeSlots(settings),
      signal: host.signal,
    });
    const api = settings.api && (await serveCiApi(ci, settings.api));
    // For bots beside it on this host: the port is any free one.
    if (api) await announce(dataFolder, api.port);
    await ci.serve();
    await link?.close();
    api?.close();
  };
}

async function announce(dataFolder: string, port: number): Promise<void> {
  await replaceFile(path.join(dataFolder, CI_ADDRESS_FILE), `http://127.0.0.1:${port}\n`, 0o600);
}

/** Their folders are one for each and none of a project's, so that a run of one finds nothing of another's. */
async function takeSlots(settings: CiSettings): Promise<readonly RunSlot[]> {
  const { dataFolder, separation, projects } = settings;
  const runs = path.join(dataFolder, "runs");
  await mkdir(runs, { recursive: true });
  if (separation) await chmod(runs, 0o711);
  const users = buildStepUsers(separation);
  for (const { repo } of projects) {
    const home = path.join(dataFolder, repo.owner, repo.name);
    await removeOlderCheckouts(home, users);
    if (!separation) continue;
    for (const folder of [home, path.dirname(home)]) await chmod(folder, 0o700);
  }
  return users.map((user, at) => ({ user, root: path.join(runs, String(at + 1)) }));
}

function openProjects({ projects, forge, dataFolder, secretValues }: CiSettings, host: Tools) {
  host.learnSecrets(secretValues);
  const { signal, redact } = host;
  const api = buildForge({ url: forge.url, token: forge.token, signal, redact });
  return Promise.all(
    projects.map(async (project, index): Promise<CiProject> => {
      const { owner, name } = project.repo;
      const home = path.join(dataFolder, owner, name);
      const folder = path.join(home, "mirror.git");
      const login = findCiLogin(project.ci) ?? CI_NAME;
      const access = { forgeUrl: forge.url, login, token: forge.token };
      const url = `${forge.url}/${owner}/${name}.git`;
      return {
        id: index + 1,
        project,
        forgeUrl: forge.url,
        pulls: api.pulls(project.repo),
        statuses: api.statuses(project.repo),
        mirror: buildMirror({ folder, url, access, signal }),
        submodules: buildSubmodules({ folder, url, access, announced: forge.announced, signal }),
        foldersOf: ({ root, user: { userFiles } }) =>
          buildWorkFolders({ root, mirror: folder, userFiles, asCloned: true }),
        pipelines: await Pipelines.open(path.join(home, "pipelines")),
        secretsOf: (event) => {
          const given = listCiSecrets(project).filter(({ events }) => events.includes(event));
          const values = given.map(({ name, key }) => [name, secretValues.get(key)] as const);
          return Object.fromEntries(
            values.flatMap(([name, value]) => (value ? [[name, value]] : [])),
          );
        },
        cache: await ProjectCache.open(home, toBytes(project.ci.cache ?? DEFAULT_CACHE)),
      };
    }),
  );
}
