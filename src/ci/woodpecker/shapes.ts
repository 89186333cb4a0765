/** The parts of Woodpecker's answers that disinto reads (server/model of woodpecker-ci/woodpecker, version 3). */
import * as z from "zod";

export const RepoShape = z.object({ id: z.int() });

const Step = z.object({
  id: z.int(),
  name: z.string(),
  state: z.string(),
  error: z.string().default(""),
  exit_code: z.int().default(0),
  type: z.string().default("commands"),
  /** Told by the local CI alone. */
  failure: z.string().optional(),
});

const Workflow = z.object({
  name: z.string(),
  state: z.string(),
  error: z.string().default(""),
  children: z.array(Step).nullish(),
});

const PipelineErrorShape = z.object({
  type: z.string(),
  message: z.string(),
  is_warning: z.boolean(),
  /** Where in which workflow file, of errors that have a place. */
  data: z
    .object({ file: z.string().optional(), field: z.string().optional() })
    .nullish()
    .catch(undefined),
});

export const PipelineShape = z.object({
  number: z.int(),
  event: z.string(),
  status: z.string(),
  commit: z.string(),
  branch: z.string().default(""),
  /** The pipeline that this one repeats; 0: none. */
  parent: z.int().default(0),
  errors: z.array(PipelineErrorShape).nullish(),
  workflows: z.array(Workflow).nullish(),
});

/** `data` is base64, null for an empty line; type 0 is standard output, 1 standard error. */
export const LogShape = z
  .array(z.object({ line: z.int(), type: z.int(), data: z.string().nullish() }))
  .nullish();

export type Pipeline = z.infer<typeof PipelineShape>;
export type PipelineWorkflow = z.infer<typeof Workflow>;
export type PipelineStep = z.infer<typeof Step>;
export type PipelineError = z.infer<typeof PipelineErrorShape>;
