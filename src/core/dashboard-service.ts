/** The page that people watch the factory on: no socket of the engine, no `.env`, no administrator's token. */
import { engines } from "../engines/definitions.ts";
import { dashboardVariables as variable } from "../settings/dashboard.ts";
import { env } from "../settings/env.ts";
import { dashboardEnv } from "../settings/env-dashboard.ts";
import { serviceSecrets } from "../settings/service-secrets.ts";
import type { DesiredUser } from "./accounts.ts";
import { deriveAddresses } from "./addresses.ts";
import type { Factory } from "./factory.ts";
import { deriveFactoryRepo, formatRepo } from "./identities.ts";
import type { Layout } from "./layout.ts";
import { formatProjects } from "./project-task.ts";
import { type DesiredService, deriveProbe } from "./service.ts";
import { ports } from "./service-ports.ts";
import { RUNNER_UID } from "./uids.ts";

const DASHBOARD_SERVICE = "dashboard";
/** Below the factory's folder: what the operator's commands saw of the engine. Mounted as a folder, as a file would not follow its replacement. */
export const DASHBOARD_FOLDER = ".disinto/dashboard";
export const ENGINE_FILE = "engine.json";
export const PROJECTS_FILE = "projects.json";

const inside = "/home/agent/engine";

/** Its user on the forge, who reads the projects and writes nothing. */
export function deriveDashboardUser({ name, dashboard }: Factory): readonly DesiredUser[] {
  if (!dashboard) return [];
  const { dashboardForgeToken, dashboardForgePass } = dashboardEnv;
  return [
    {
      login: `${name}-dashboard`,
      keys: { token: dashboardForgeToken.key, password: dashboardForgePass.key },
      scopes: ["read:user", "read:issue", "read:repository"],
      origin: "reads for the dashboard",
      renamedBy: env.name.key,
    },
  ];
}

/** Nothing here names a bot: those come by themselves. */
export function deriveDashboard(
  factory: Factory,
  layout: Layout,
  folder: string,
): readonly DesiredService[] {
  const { name, dashboard, engine, images, projects, hasStatusToken, forge } = factory;
  if (!dashboard) return [];
  const { runsImages, owner } = engines[engine];
  const data = layout.locate(DASHBOARD_SERVICE, "/home/agent/data");
  const port = runsImages ? ports.dashboard : dashboard.port;
  const seen = `${folder}/${DASHBOARD_FOLDER}`;
  return [
    {
      name: DASHBOARD_SERVICE,
      kind: "core",
      container: `${name}-${DASHBOARD_SERVICE}`,
      image: images.agents,
      entrypoint: [],
      args: ["dashboard", "serve"],
      environment: {
        [variable.bind]: layout.bind,
        [variable.port]: String(port),
        [variable.data]: data,
        [variable.factory]: name,
        [variable.projects]: formatProjects(projects),
        [variable.factoryRepo]: formatRepo(deriveFactoryRepo(factory)),
        [variable.hosts]: listHosts(factory).join(","),
        ...(isOpen(factory) && { [variable.open]: "1" }),
        [variable.engine]: runsImages ? inside : seen,
        [variable.forgeUrl]: layout.forgeUrl,
        [variable.forgeLink]: forge.url,
      },
      secrets: {
        [variable.forgeToken]: dashboardEnv.dashboardForgeToken.key,
        [variable.key]: dashboardEnv.dashboardKey.key,
        [variable.eventsToken]: dashboardEnv.eventsToken.key,
        ...(hasStatusToken && { [variable.statusToken]: serviceSecrets.statusToken }),
      },
      volumes: [{ name: "dashboard-data", path: data, owner }],
      mounts: runsImages ? [{ type: "bind", source: seen, target: inside }] : [],
      ports: [],
      ...(runsImages && { user: `${RUNNER_UID}:${RUNNER_UID}` }),
      healthCheck: deriveProbe(`http://127.0.0.1:${port}/healthz`),
      confinement: { capabilities: [], tmpSize: "64m" },
      limits: { memory: "512m", cpus: 1, pids: 64 },
      enabled: true,
      origin: dashboardEnv.dashboardPort.key,
    },
  ];
}

/** On one machine, for its own people: as processes of this machine, whoever reaches loopback could read the files too. */
function isOpen({ engine, forge: { bind } }: Factory): boolean {
  return !engines[engine].runsImages && (bind === "127.0.0.1" || bind === "::1");
}

/** Names that lead to this machine or to the edge; an address needs none. */
function listHosts(factory: Factory): readonly string[] {
  const { forge, edge } = factory;
  const { dashboard } = deriveAddresses(factory);
  const urls = [forge.url, dashboard?.operator ?? "", dashboard?.internal ?? ""];
  const names = urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).hostname] : []));
  return [...new Set([...names, ...(edge?.domain ? [`dashboard.${edge.domain}`] : [])])].sort();
}
