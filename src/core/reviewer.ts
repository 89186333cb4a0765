/** The reviewer that a factory lacks: somebody must be able to approve, or nothing is ever merged. Pure. */
import { harnesses } from "../harness/definitions.ts";
import { hasRoleThat, REVIEW_ROLE } from "../roles/definitions.ts";
import type { Bot, Factory } from "./factory.ts";

export const REVIEWER = "reviewer";

export type MissingReviewer =
  | {
      readonly type: "addable";
      /** Keys of its section. */
      readonly settings: Readonly<Record<string, string | readonly string[]>>;
      /** The bot whose backend it shares. */
      readonly like: string;
    }
  | { readonly type: "lacking"; readonly because: string };

/** Returns undefined if there is a reviewer already, or nobody whose work could be reviewed. */
export function findMissingReviewer({
  bots,
  name: factoryName,
}: Factory): MissingReviewer | undefined {
  const model = bots.find(({ declaredIn }) => declaredIn === "LLAMA_BOTS") ?? bots[0];
  if (!model || bots.some(({ roles }) => hasRoleThat(roles, ({ approves }) => approves)))
    return undefined;
  if (bots.some(({ name }) => name === REVIEWER))
    return { type: "lacking", because: `${REVIEWER} is the name of a bot that does not review` };
  if (!harnesses[model.harness].asksModel) {
    const because = `the command of ${model.name} writes code, and no command that reviews is set`;
    return { type: "lacking", because };
  }
  return {
    type: "addable",
    settings: { ...deriveSettings(model), forge_user: `${factoryName}-${REVIEWER}` },
    like: model.name,
  };
}

function deriveSettings({ harness, baseUrl, model, apiKeyEnv }: Bot) {
  return {
    roles: [REVIEW_ROLE],
    harness,
    ...(baseUrl !== undefined && { base_url: baseUrl }),
    ...(model !== "default" && { model }),
    ...(apiKeyEnv !== undefined && { api_key_env: apiKeyEnv }),
  };
}
