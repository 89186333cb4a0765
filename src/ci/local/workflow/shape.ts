/** The keys of Woodpecker's workflow files that the local CI runs; any other key is refused by its name. Pure. */
import * as z from "zod";
import { MAX_PATTERN } from "./pattern.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** One or several, as Woodpecker takes nearly everywhere. */
const strings = z.union([scalar.transform((one) => [one]), z.array(scalar)]);

const events = [
  "push",
  "pull_request",
  "pull_request_closed",
  "pull_request_metadata",
  "tag",
  "release",
  "deployment",
  "cron",
  "manual",
] as const;

const pattern = scalar.refine((text) => text.length <= MAX_PATTERN, {
  error: `a pattern has at most ${MAX_PATTERN} characters`,
});
const patternList = z.union([pattern.transform((one) => [one]), z.array(pattern)]);

const patterns = z.union([
  patternList.transform((include) => ({ include, exclude: [] as string[] })),
  z.strictObject({ include: patternList.default([]), exclude: patternList.default([]) }),
]);

const paths = z.union([
  patternList.transform((include) => ({
    include,
    exclude: [],
    ignore_message: "",
    on_empty: true,
  })),
  z.strictObject({
    include: patternList.default([]),
    exclude: patternList.default([]),
    ignore_message: z.string().default(""),
    on_empty: z.boolean().default(true),
  }),
]);

const condition = z.strictObject({
  event: z
    .union([z.enum(events).transform((one) => [one as string]), z.array(z.enum(events))])
    .optional(),
  branch: patterns.optional(),
  path: paths.optional(),
  status: z
    .union([
      z.enum(["success", "failure"]).transform((one) => [one]),
      z.array(z.enum(["success", "failure"])),
    ])
    .optional(),
});

const when = z.union([z.array(condition), condition.transform((one) => [one])]).default([]);

const secret = z.strictObject({ from_secret: z.string() });
const value = z.union([scalar, z.array(scalar).transform((all) => all.join(",")), secret]);

const step = z.strictObject({
  name: z.string().optional(),
  /** What the step expects to find; steps run in the CI's own container, or on the host. */
  image: z.string().min(1),
  pull: z.boolean().optional(),
  /** The commands; a step without any is a plugin. */
  commands: strings.default([]),
  environment: z.record(z.string(), value).default({}),
  when,
  depends_on: strings.optional(),
  failure: z.enum(["fail", "ignore"]).default("fail"),
});

const axes = z.union([
  z.strictObject({ include: z.array(z.record(z.string(), scalar)).min(1) }),
  z.record(z.string(), z.array(scalar).min(1)),
]);

export const MatrixShape = z.looseObject({ matrix: axes.optional() });

export const WorkflowShape = z.strictObject({
  when,
  steps: z.union([z.array(step).min(1), z.record(z.string(), step)]),
  depends_on: strings.default([]),
  runs_on: z.array(z.enum(["success", "failure"])).default([]),
  matrix: axes.optional(),
  /** Only for anchors. */
  variables: z.unknown().optional(),
  skip_clone: z.literal(false).optional(),
});

export type Condition = z.infer<typeof condition>;
export type StepShape = z.infer<typeof step>;
export type EnvironmentValue = z.infer<typeof value>;
export type MatrixAxes = z.infer<typeof axes>;
