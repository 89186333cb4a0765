/** What becomes of a required context that the forge shows no decision for; pure, from the newest pipeline of its event. */
import type { CiEvent, MissingAnswer } from "../../ports/ci.ts";
import { findNamed, parseContext } from "./judgement.ts";
import type { Pipeline } from "./shapes.ts";

type Unnamed<T> = T extends { readonly context: string } ? Omit<T, "context"> : never;

/** `broken`: it has errors and no workflows, so that there is nothing to wait for. */
export type MissingJudgement =
  | Unnamed<Exclude<MissingAnswer, { kind: "broken" }>>
  | { readonly kind: "broken" };

const waits: Readonly<Record<string, string>> = {
  created: "is about to begin",
  pending: "waits for a free agent of the CI",
  running: "is running",
  blocked: "waits until somebody approves it on the CI's page",
};

/** `needsWebhook`: what it does not know of, nobody told it of; else it will find it by itself. */
export function judgeMissing(
  pipeline: Pipeline | undefined,
  { context, needsWebhook }: { readonly context: string; readonly needsWebhook: boolean },
): MissingJudgement {
  if (!pipeline)
    return needsWebhook
      ? { kind: "no-pipeline", event: eventOf(context), log: "the CI knows no run of this commit" }
      : { kind: "under-way", log: "the CI has not begun it" };
  const { number, status } = pipeline;
  const wait = waits[status];
  if (wait !== undefined)
    return {
      kind: "under-way",
      isQueued: status === "pending",
      log: `pipeline ${number} ${wait}`,
    };
  if (status === "error") return { kind: "broken" };
  const workflows = pipeline.workflows ?? [];
  if (workflows.length === 0 || findNamed(workflows, context))
    return {
      kind: "status-missing",
      log: `pipeline ${number} ended with ${status}, which the forge was not told`,
    };
  const ran = workflows.map(({ name }) => name).join(", ");
  return { kind: "left-out", log: `pipeline ${number} ran ${ran}, and no workflow of this name` };
}

/** A context that names no event is a pull request's. */
export function eventOf(context: string): CiEvent {
  const { event = "pull_request" } = parseContext(context);
  return event === "pull_request" || event === "push" ? event : "other";
}

/** A pipeline that could not be begun cannot be begun again: its restart knows no workflows, and says only that. */
export function isEcho({ errors, parent }: Pipeline): boolean {
  const [only, ...others] = errors ?? [];
  return parent > 0 && others.length === 0 && only?.message === "pipeline definition not found";
}
