/** Projects as they travel in a service's environment: JSON, checked again where it is read. */
import * as z from "zod";
import type { Project } from "./factory.ts";
import type { Prompts } from "./prompt-template.ts";

/** What a service must know of a project; the rest concerns the operator's commands, and no container for it is replaced. */
export type ProjectTask = Omit<Project, "image" | "testCommand" | "prompts"> & {
  /** Absent where it has none of its own. */
  readonly prompts?: Prompts | undefined;
};

export function formatProjects(projects: readonly Project[]): string {
  return JSON.stringify(
    projects.map(({ image: _, testCommand: __, protectedPaths, prompts, ...task }) => {
      // What a project does not have of its own changes no service's environment.
      const guarded = protectedPaths.length > 0 && { protectedPaths };
      const own = Object.keys(prompts).length > 0 && { prompts };
      return { ...task, ...guarded, ...own };
    }),
  );
}

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
    provider: z.enum(["local", "woodpecker", "external"]),
    required: z.array(z.string()),
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
