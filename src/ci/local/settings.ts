/** The local CI's whole configuration, read from its environment (written by core/core-services.ts). */
import * as z from "zod";
import { ProjectsShape } from "../../core/project-shape.ts";
import type { ProjectTask } from "../../core/project-task.ts";
import type { Separation } from "../../core/uids.ts";
import { DisintoError } from "../../errors.ts";
import type { ApiOptions } from "./api.ts";

export interface CiSettings {
  readonly projects: readonly ProjectTask[];
  readonly forge: { readonly url: string; readonly token: string };
  readonly dataFolder: string;
  /** Each run has a user of its own; else runs are the CI's own user. */
  readonly separation: Separation | undefined;
  /** Where bots ask for logs; undefined while `.env` has no token for it. */
  readonly api: ApiOptions | undefined;
}

const Environment = z.object({
  CI_PROJECTS: ProjectsShape,
  CI_BIND: z.string().default("127.0.0.1"),
  CI_DATA: z.string().default("/home/agent/data"),
  CI_PORT: z.coerce.number().int().default(0),
  EGRESS_PROXY: z.url().optional(),
  CI_USERS: z.literal("separate").optional(),
  CI_TOKEN: z.string().optional(),
  FORGE_URL: z.url(),
  FORGE_TOKEN: z.string().min(1),
});

export function readCiSettings(
  environment: Readonly<Record<string, string | undefined>>,
): CiSettings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw new DisintoError(
      "config.invalid",
      `the CI's environment is incomplete:\n${z.prettifyError(parsed.error)}`,
      {
        hint: "start the CI with `disinto up`, which sets it",
      },
    );
  }
  const { CI_PROJECTS, CI_BIND, CI_DATA, CI_PORT, CI_TOKEN, CI_USERS } = parsed.data;
  const { EGRESS_PROXY, FORGE_URL, FORGE_TOKEN } = parsed.data;
  return {
    projects: CI_PROJECTS,
    forge: { url: FORGE_URL, token: FORGE_TOKEN },
    dataFolder: CI_DATA,
    separation: CI_USERS && { mounts: [], proxy: EGRESS_PROXY },
    api: CI_TOKEN ? { bind: CI_BIND, port: CI_PORT, token: CI_TOKEN } : undefined,
  };
}
