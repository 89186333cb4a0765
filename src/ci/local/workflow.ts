/** The part of Woodpecker's workflow files that the local CI runs; what it does not know it refuses, never skips. */
import { parse } from "yaml";
import * as z from "zod";

const StepShape = z.strictObject({
  name: z.string().optional(),
  /** Steps run in the CI's own container or on the host; the image is read and not used. */
  image: z.string().optional(),
  commands: z.union([z.string().transform((line) => [line]), z.array(z.string())]),
  environment: z.record(z.string(), z.coerce.string()).default({}),
});

const Events = z.union([z.string().transform((event) => [event]), z.array(z.string())]);
const WhenShape = z.strictObject({ event: Events.optional() });

const WorkflowShape = z.strictObject({
  when: z.union([z.array(WhenShape), WhenShape.transform((when) => [when])]).optional(),
  steps: z.union([z.array(StepShape), z.record(z.string(), StepShape)]),
});

export interface Step {
  readonly name: string;
  readonly commands: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export type Workflow =
  | { readonly type: "steps"; readonly steps: readonly Step[] }
  /** Its `when` leaves pull requests out. */
  | { readonly type: "not-for-pulls" }
  | { readonly type: "unsupported"; readonly reason: string };

export function parseWorkflow(text: string): Workflow {
  let data: unknown;
  try {
    data = parse(text);
  } catch (error) {
    return { type: "unsupported", reason: error instanceof Error ? error.message : String(error) };
  }
  const parsed = WorkflowShape.safeParse(data);
  if (!parsed.success) return { type: "unsupported", reason: z.prettifyError(parsed.error) };
  const { when, steps } = parsed.data;
  const wanted = !when || when.some(({ event }) => !event || event.includes("pull_request"));
  if (!wanted) return { type: "not-for-pulls" };
  const named = Array.isArray(steps)
    ? steps.map((step, index) => ({ ...step, name: step.name ?? `step ${index + 1}` }))
    : Object.entries(steps).map(([name, step]) => ({ ...step, name }));
  return { type: "steps", steps: named };
}
