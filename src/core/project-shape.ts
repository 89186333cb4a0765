/** The shape in which a service finds its projects (project-task.ts) in its environment. Apart, as only services need it. */
import * as z from "zod";
import { ciProviders } from "../ci/definitions.ts";
import { namesOf } from "./kinds.ts";
import type { ProjectTask } from "./project-task.ts";

export const jsonOf = <T>(shape: z.ZodType<T>) =>
  z.string().transform((text, context): T => {
    try {
      return shape.parse(JSON.parse(text));
    } catch (error) {
      context.addIssue({
        code: "custom",
        message: error instanceof Error ? error.message : String(error),
      });
      return z.NEVER;
    }
  });

const ProjectShape: z.ZodType<ProjectTask> = z.object({
  name: z.string(),
  repo: z.object({ owner: z.string(), name: z.string() }),
  primaryBranch: z.string(),
  ci: z.object({
    provider: z.enum(namesOf(ciProviders)),
    required: z.array(z.string()),
    login: z.string().optional(),
    whenAbsent: z.enum(["block", "pass"]),
  }),
  limits: z.object({
    ciFixes: z.int(),
    reviewRounds: z.int(),
    infrastructureRetries: z.int(),
    mergeAttempts: z.int(),
  }),
  trustedAuthors: z.array(z.string()),
  prompts: z.object({ coding: z.string().optional(), review: z.string().optional() }).optional(),
  protectedPaths: z.array(z.string()).default([]),
});

export const ProjectsShape = jsonOf(z.array(ProjectShape));
