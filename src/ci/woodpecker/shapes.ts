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

export const PipelineShape = z.object({
  number: z.int(),
  event: z.string(),
  status: z.string(),
  commit: z.string(),
  branch: z.string().default(""),
  errors: z
    .array(
      z.object({
        type: z.string(),
        message: z.string(),
        is_warning: z.boolean(),
        /** Which file is meant, where the server knows it. */
        data: z.object({ file: z.string().nullish() }).nullish().catch(undefined),
      }),
    )
    .nullish(),
  workflows: z.array(Workflow).nullish(),
});

/** `data` is base64, null for an empty line; type 0 is standard output, 1 standard error. */
export const LogShape = z
  .array(z.object({ line: z.int(), type: z.int(), data: z.string().nullish() }))
  .nullish();

export type Pipeline = z.infer<typeof PipelineShape>;
export type PipelineWorkflow = z.infer<typeof Workflow>;
export type PipelineStep = z.infer<typeof Step>;
