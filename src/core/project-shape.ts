/** The shape in which a service finds its projects (project-task.ts) in its environment. Apart, as only services need it. */
import * as z from "zod/mini";
import { ciProviders } from "../ci/definitions.ts";
import { namesOf } from "./kinds.ts";
import type { ProjectTask } from "./project-task.ts";

export const jsonOf = <T>(shape: z.ZodMiniType<T>) =>
  z.pipe(
    z.string(),
    z.transform((text: string, context): T => {
      try {
        return shape.parse(JSON.parse(text));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        context.issues.push({ code: "custom", message, input: text });
        return z.NEVER;
      }
    }),
  );

const ProjectShape: z.ZodMiniType<ProjectTask> = z.object({
  name: z.string(),
  repo: z.object({ owner: z.string(), name: z.string() }),
  primaryBranch: z.string(),
  branchPrefix: z.optional(z.string()),
  ci: z.object({
    provider: z.enum(namesOf(ciProviders)),
    required: z.array(z.string()),
    login: z.optional(z.string()),
    whenAbsent: z.enum(["block", "pass"]),
  }),
  limits: z.object({
    ciFixes: z.int(),
    reviewRounds: z.int(),
    infrastructureRetries: z.int(),
    mergeAttempts: z.int(),
  }),
  trustedAuthors: z.array(z.string()),
  prompts: z.optional(z.object({ coding: z.optional(z.string()), review: z.optional(z.string()) })),
  protectedPaths: z._default(z.array(z.string()), []),
});

export const ProjectsShape = jsonOf(z.array(ProjectShape));
