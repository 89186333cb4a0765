/** Projects as they travel in a service's environment: JSON, checked again (project-shape.ts) where it is read. */
import type { Project } from "./factory.ts";
import type { Prompts } from "./prompt-template.ts";

/** Options that concern the operator's commands alone: no container is replaced for them. */
type OperatorsOptions = "image" | "network" | "testCommand" | "maintainers";

/** What a service must know of a project. */
export type ProjectTask = Omit<Project, OperatorsOptions | "prompts"> & {
  /** Absent where it has none of its own. */
  readonly prompts?: Prompts | undefined;
};

/** They are told whatever they say, as ever. */
const always: readonly string[] = [
  "name",
  "repo",
  "primaryBranch",
  "ci",
  "limits",
  "trustedAuthors",
];

/** What a project does not have of its own, an empty list or section too, changes no service's environment. */
export function formatProjects(projects: readonly Project[]): string {
  return JSON.stringify(
    projects.map(({ image: _, testCommand: __, network: ___, maintainers: ____, ...task }) => {
      const entries = Object.entries(task);
      const select = (name: string) => entries.filter(([key]) => key === name);
      const others = entries.filter(([key, value]) => !always.includes(key) && isOwn(value));
      return Object.fromEntries([...always.flatMap(select), ...others.sort()]);
    }),
  );
}

function isOwn(value: unknown): boolean {
  return (
    value !== undefined &&
    value !== false &&
    !(typeof value === "object" && Object.keys(value ?? {}).length === 0)
  );
}
