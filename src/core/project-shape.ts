/** The shape in which a service finds its projects (project-task.ts) in its environment. Apart, as only services need it. */
import * as z from "zod/mini";
import { toCamelCase } from "../settings/names.ts";
import { CiSection, LimitsSection, ProjectFile } from "../settings/project.ts";
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

type Shapes = Readonly<Record<string, z.core.$ZodType>>;

const renamed = (shapes: Shapes) =>
  Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [toCamelCase(key), shape]));

const { name: _, repo: __, agents: ___, forge_url: ____, ...options } = ProjectFile.shape;

/** As the project's file has it, under the names of the code. */
const ProjectShape = z.object({
  ...renamed(options),
  name: z.string(),
  repo: z.object({ owner: z.string(), name: z.string() }),
  ci: z.object(renamed(CiSection.shape)),
  limits: z.object(renamed(LimitsSection.shape)),
}) as unknown as z.ZodMiniType<ProjectTask>;

export const ProjectsShape = jsonOf(z.array(ProjectShape));
