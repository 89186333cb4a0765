/** What the operator's commands do for the dashboard: its secrets, and what only they see of the engine. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { SecretStore } from "../config/secret-store.ts";
import { DASHBOARD_FOLDER, ENGINE_FILE, PROJECTS_FILE } from "../core/dashboard-service.ts";
import type { Factory } from "../core/factory.ts";
import type { ServiceStatus } from "../core/service-status.ts";
import { dashboardEnv } from "../settings/env-dashboard.ts";

interface DashboardSecretsOptions {
  readonly factory: Factory;
  readonly secrets: SecretStore;
  readonly newSecret: () => string;
}

export async function makeDashboardSecrets({
  factory,
  secrets,
  newSecret,
}: DashboardSecretsOptions): Promise<void> {
  if (!factory.dashboard) return;
  for (const { key } of [dashboardEnv.dashboardKey, dashboardEnv.eventsToken])
    if (!secrets.get(key)) await secrets.set({ [key]: newSecret() });
}

/** What the projects' files say that no container is replaced for. */
export function renderProjects({ projects }: Factory) {
  const settings = projects.map(({ name, network }) => ({ name, network }));
  const text = `${JSON.stringify({ projects: settings }, undefined, 2)}\n`;
  return { path: `${DASHBOARD_FOLDER}/${PROJECTS_FILE}`, text };
}

interface EngineFacts {
  /** ISO 8601. */
  readonly at: string;
  readonly services: readonly ServiceStatus[];
}

/** Told to the dashboard, which may not ask the engine; for everybody to read, since it runs as another user. */
export async function writeEngineFacts(
  folder: string,
  factory: Factory,
  seen: EngineFacts,
): Promise<void> {
  if (!factory.dashboard) return;
  const own = path.join(folder, DASHBOARD_FOLDER);
  await mkdir(own, { recursive: true, mode: 0o755 });
  // Several commands may look at once; the last one that has looked is right.
  const beside = path.join(own, `.${ENGINE_FILE}.${process.pid}`);
  await writeFile(beside, `${JSON.stringify(seen)}\n`, { mode: 0o644 });
  await rename(beside, path.join(own, ENGINE_FILE));
}
