/** Projects as they travel in a service's environment: JSON, checked again (project-shape.ts) where it is read. */
import type { Project } from "./factory.ts";
import type { Prompts } from "./prompt-template.ts";

/** What a service must know of a project; the rest concerns the operator's commands, and no container for it is replaced. */
export type ProjectTask = Omit<Project, "allow" | "image" | "testCommand" | "prompts"> & {
  /** Absent where it has none of its own. */
  readonly prompts?: Prompts | undefined;
};

export function formatProjects(projects: readonly Project[]): string {
  return JSON.stringify(
    projects.map(({ allow: ___, image: _, testCommand: __, protectedPaths, prompts, ...task }) => {
      // What a project does not have of its own changes no service's environment.
      const guarded = protectedPaths.length > 0 && { protectedPaths };
      const own = Object.keys(prompts).length > 0 && { prompts };
      return { ...task, ...guarded, ...own };
    }),
  );
}
