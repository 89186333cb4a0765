/** Which statuses Woodpecker will post for every pull request of a bot, by the repository's workflow files. Pure. */
import * as z from "zod";
import { MatrixShape, WorkflowShape } from "../local/workflow/shape.ts";
import { matches, type Trigger } from "../local/workflow/when.ts";
import { listAxes, nameWorkflow, type WorkflowFile } from "../local/workflow/workflows.ts";
import { parseYaml } from "../local/workflow/yaml.ts";

/** All else that stands in the file is Woodpecker's to understand. */
const Shape = z.looseObject({ when: WorkflowShape.shape.when });

export interface Branches {
  readonly primary: string;
  /** One of a bot. */
  readonly work: string;
}

/** One that runs for some changes only cannot be waited for: its status is missing for the others. */
const ofAnyChange = { changedFiles: ["\u{0}"], message: "" };

/** By the pull request where it is heard of, else by the push of its branch; a file of neither event has none. */
export function listContexts(
  files: readonly WorkflowFile[],
  { primary, work }: Branches,
): readonly string[] {
  const occasions: readonly (readonly [string, Trigger])[] = [
    ["pr", { ...ofAnyChange, event: "pull_request", branch: primary }],
    ["push", { ...ofAnyChange, event: "push", branch: work }],
  ];
  return choose(files).flatMap(({ path, text }) => {
    const { when, axes } = read(text);
    const [event] = occasions.find(([, occasion]) => matches(when, occasion)) ?? [];
    if (event === undefined) return [];
    const context = `ci/woodpecker/${event}/${nameWorkflow(path)}`;
    return axes < 2 ? [context] : Array.from({ length: axes }, (_, at) => `${context}/${at + 1}`);
  });
}

/** Those in the folder; else the one at the root. */
function choose(files: readonly WorkflowFile[]): readonly WorkflowFile[] {
  const inFolder = files.filter(({ path }) => path.startsWith(".woodpecker/"));
  const atRoot = [".woodpecker.yaml", ".woodpecker.yml"].flatMap(
    (name) => files.find(({ path }) => path === name) ?? [],
  );
  const chosen = inFolder.length > 0 ? inFolder : atRoot.slice(0, 1);
  return chosen.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What does not parse will be red for every pull request, and is told as what it is then. */
function read(text: string) {
  const nothing = { when: [], axes: 1 };
  try {
    const parsed = parseYaml(text) ?? {};
    const shaped = Shape.safeParse(parsed);
    const matrix = MatrixShape.safeParse(parsed);
    return {
      when: shaped.success ? shaped.data.when : [],
      axes: matrix.success ? listAxes(matrix.data.matrix).length : 1,
    };
  } catch {
    return nothing;
  }
}
