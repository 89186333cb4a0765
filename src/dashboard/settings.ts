/** The dashboard's whole configuration, read from its environment (told by core/dashboard-service.ts). */
import * as z from "zod/mini";
import { ProjectsShape } from "../core/project-shape.ts";
import { DisintoError } from "../errors.ts";
import { repository, words } from "../settings/bot-shapes.ts";
import { dashboardVariables } from "../settings/dashboard.ts";

const Environment = z.object({
  bind: z._default(z.string(), "127.0.0.1"),
  port: z.coerce.number(),
  data: words(),
  factory: words(),
  projects: ProjectsShape,
  factoryRepo: repository(),
  hosts: z._default(z.string(), ""),
  open: z.optional(z.string()),
  engine: words(),
  forgeUrl: z.url(),
  forgeLink: z.url(),
  forgeToken: words(),
  key: words(),
  eventsToken: words(),
  statusToken: z.optional(z.string()),
});

export type DashboardSettings = z.infer<typeof Environment>;

export function readDashboardSettings(
  environment: Readonly<Record<string, string | undefined>>,
): DashboardSettings {
  const named = Object.entries(dashboardVariables).map(([name, key]) => [name, environment[key]]);
  const parsed = Environment.safeParse(Object.fromEntries(named));
  if (parsed.success) return parsed.data;
  throw new DisintoError(
    "config.invalid",
    `the dashboard's environment is incomplete:\n${z.prettifyError(parsed.error)}`,
    { hint: "start the dashboard with `disinto up`, which sets it" },
  );
}
