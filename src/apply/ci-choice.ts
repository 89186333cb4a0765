/** A repository without a workflow of our CI: what is offered, and what the operator makes of it before anything is written. */
import path from "node:path";
import { type CiProvider, ciProviders } from "../ci/definitions.ts";
import {
  listOtherWorkflows,
  listRequired,
  offerWorkflow,
  type WorkflowOffer,
} from "../ci/workflow-offers.ts";
import type { Ci } from "../core/factory.ts";
import { formatNames } from "../core/git-names.ts";
import type { Description } from "../ports/repositories.ts";

/** Write a workflow; let changes wait until there is one; or merge what no CI has looked at. */
export const ciChoices = ["write", "block", "pass"] as const;
export type CiChoice = (typeof ciChoices)[number];

export interface MissingCi {
  /** A sentence without its end. */
  readonly message: string;
  /** Undefined where nothing is known that fits, or nothing is pushed that it could go with. */
  readonly offer: WorkflowOffer | undefined;
}

export type DecideCi = (missing: MissingCi) => Promise<CiChoice>;

interface InspectedProject {
  readonly name: string;
  readonly provider: CiProvider;
  readonly described: Description;
  /** Our first push brings it to the forge, so that a file can go with it. */
  readonly isPushed: boolean;
}

/** Undefined where a workflow is. */
export function findMissingCi({
  name,
  provider,
  described,
  isPushed,
}: InspectedProject): MissingCi | undefined {
  if (!ciProviders[provider].access || listRequired(provider, described).length > 0)
    return undefined;
  const others = listOtherWorkflows(described.names);
  const found = others.length === 0 ? "" : `; ${formatNames(others)} is not run by this factory`;
  return {
    message: `${name} has no workflow in .woodpecker/ for pull requests, so no CI would look at a change${found}`,
    offer: isPushed ? offerWorkflow(described) : undefined,
  };
}

/** What is done where nobody is asked. */
export function offerChoice({ offer }: MissingCi): CiChoice {
  return offer ? "write" : "block";
}

/** The repository with the file that it is offered. */
export function withFile(described: Description, { file, text }: WorkflowOffer): Description {
  const workflows = [path.posix.basename(file)];
  return { ...described, workflows, workflowFiles: [{ path: file, text }] };
}

/** The file that the project's settings require and the repository lacks: it goes with the first push. */
export function findMissingWorkflow(
  { provider, required }: Pick<Ci, "provider" | "required">,
  described: Description,
): WorkflowOffer | undefined {
  if (listRequired(provider, described).length > 0) return undefined;
  const offer = offerWorkflow(described);
  const contexts = offer && listRequired(provider, withFile(described, offer));
  return contexts?.every((context) => required.includes(context)) ? offer : undefined;
}
