/** The local CI's whole configuration, read from its environment (told by definition.ts). */
import * as z from "zod";
import { listCiSecrets } from "../../core/ci-secrets.ts";
import { ProjectsShape } from "../../core/project-shape.ts";
import type { ProjectTask } from "../../core/project-task.ts";
import type { Separation } from "../../core/uids.ts";
import { DisintoError } from "../../errors.ts";
import type { ApiOptions } from "./api.ts";
import { ciVariables } from "./variables.ts";

export interface CiSettings {
  readonly projects: readonly ProjectTask[];
  /** Values of projects' secrets by the name of their variable; one that is not set is not there. */
  readonly secretValues: ReadonlyMap<string, string>;
  /** `announced`: as people know it, where that is another address. */
  readonly forge: {
    readonly url: string;
    readonly announced: string | undefined;
    readonly token: string;
  };
  readonly dataFolder: string;
  /** Each run has a user of its own; else runs are the CI's own user. */
  readonly separation: Separation | undefined;
  /** Where bots ask for logs; undefined while `.env` has no token for it. */
  readonly api: ApiOptions | undefined;
  /** Where its events are handed in; undefined: nowhere. */
  readonly dashboard?: { readonly url: string; readonly token: string } | undefined;
}

const Environment = z.object({
  projects: ProjectsShape,
  bind: z.string().default("127.0.0.1"),
  data: z.string().default("/home/agent/data"),
  port: z.coerce.number().int().default(0),
  users: z.literal("separate").optional(),
  token: z.string().optional(),
  proxy: z.url().optional(),
  dashboardUrl: z.url().optional(),
  eventsToken: z.string().optional(),
  forgeUrl: z.url(),
  forgeAnnounced: z.url().optional(),
  forgeToken: z.string().min(1),
});

export function readCiSettings(
  environment: Readonly<Record<string, string | undefined>>,
): CiSettings {
  const named = Object.entries(ciVariables).map(([name, key]) => [name, environment[key]]);
  const parsed = Environment.safeParse(Object.fromEntries(named));
  if (!parsed.success) {
    throw new DisintoError(
      "config.invalid",
      `the CI's environment is incomplete:\n${z.prettifyError(parsed.error)}`,
      {
        hint: "start the CI with `disinto up`, which sets it",
      },
    );
  }
  const { projects, bind, data, port, token, users, proxy, forgeUrl, forgeToken } = parsed.data;
  const { dashboardUrl, eventsToken, forgeAnnounced } = parsed.data;
  const keys = projects.flatMap(listCiSecrets).map(({ key }) => key);
  return {
    projects,
    secretValues: new Map(
      keys.flatMap((key) => {
        const value = environment[key];
        return value ? [[key, value] as const] : [];
      }),
    ),
    forge: { url: forgeUrl, announced: forgeAnnounced, token: forgeToken },
    dataFolder: data,
    separation: users && { mounts: [], proxy },
    api: token ? { bind, port, token } : undefined,
    dashboard: dashboardUrl && eventsToken ? { url: dashboardUrl, token: eventsToken } : undefined,
  };
}
