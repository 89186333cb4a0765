/** What `disinto init` asks a person about a new factory: only what no flag and no variable says. */

import type { CiChoice, MissingCi } from "../apply/ci-choice.ts";
import { namesOf } from "../core/kinds.ts";
import { type Answers, defaultForgePort } from "../core/setup.ts";
import { engines } from "../engines/definitions.ts";
import { FORGE_ELSEWHERE, forgeKinds, offerForge } from "../forge-kinds/definitions.ts";
import type { Questions } from "../ports/questions.ts";
import { env } from "../settings/env.ts";
import { askModel, type ModelTools, refuseUrl } from "./init-model.ts";

/** A repository has to be named, so there is nothing to offer unless the current folder is one. */
export function askRepository(questions: Questions, offered: string | undefined): Promise<string> {
  return questions.text({
    question: "Which repository shall the bots work on? A folder, an address, or owner/name",
    ...(offered !== undefined && { offered }),
    validate: (answer) => (answer.trim() === "" ? "name one" : undefined),
  });
}

export async function askAnswers(
  tools: ModelTools,
  questions: Questions,
  given: Answers,
): Promise<Answers> {
  const { text } = questions;
  const engine = given[env.engine.key] ?? (await askEngine(questions));
  const forge = { ...given, ...(await askForge(questions, given, engine)) };
  const bots =
    given[env.llamaBots.key] ??
    (await text({ question: "Names of the bots that write code", offered: "dev-qwen" }));
  const model = await askModel(tools, questions, { given, engine, bots });
  return {
    ...forge,
    [env.engine.key]: engine,
    [env.llamaBots.key]: bots,
    ...model,
  };
}

function askEngine({ choose }: Questions): Promise<string> {
  const offered = namesOf(engines).map((value) => {
    const { label, hint } = engines[value];
    return { value, label, ...(hint !== undefined && { hint }) };
  });
  return choose("What shall run the services?", offered);
}

async function askForge(
  { choose, text, secret }: Questions,
  given: Answers,
  engine: string,
): Promise<Answers> {
  const known =
    given[env.forge.key] ?? (given[env.forgeUrl.key] === undefined ? undefined : FORGE_ELSEWHERE);
  const forge = known ?? (await choose("Which forge?", listForges(engine)));
  if (forge !== FORGE_ELSEWHERE) return { [env.forge.key]: forge };
  const url =
    given[env.forgeUrl.key] ?? (await text({ question: "Its address", validate: refuseUrl }));
  const admin =
    given[env.forgeAdminUser.key] ??
    (await text({ question: "Name of its administrator", offered: "disinto-admin" }));
  const password = given[env.forgeAdminPass.key] ?? (await secret(`Password of ${admin}`));
  return {
    [env.forge.key]: forge,
    [env.forgeUrl.key]: url,
    [env.forgeAdminUser.key]: admin,
    [env.forgeAdminPass.key]: password,
  };
}

/** Those that the engine can run, and one that runs elsewhere. */
function listForges(engine: string) {
  const canAll = namesOf(engines).some((name) => name === engine && engines[name].runsImages);
  const best = offerForge(canAll);
  return namesOf(forgeKinds)
    .filter((kind) => canAll || (forgeKinds[kind].service?.isOwn ?? true))
    .sort((a, b) => Number(b === best) - Number(a === best))
    .map((value) => {
      const { label, hint } = forgeKinds[value];
      return { value, label, ...(hint && { hint: hint(defaultForgePort) }) };
    });
}

/** Whether a workflow is written; where it is not, whether changes wait or are merged untested. */
export async function askCi(
  { choose }: Questions,
  { message, offer }: MissingCi,
): Promise<CiChoice> {
  const write = offer && {
    value: "write",
    label: `Write ${offer.file} for ${offer.manifests.join(", ")}`,
    hint: `one commit more in the first push; the CI needs ${offer.programs.join(", ")}`,
  };
  const answer = await choose(`${message}. What shall be done?`, [
    ...(write ? [write] : []),
    { value: "block", label: "Let changes wait until ci.required names what must be green" },
    { value: "pass", label: "Merge changes that no CI has looked at" },
  ]);
  return answer === "write" || answer === "pass" ? answer : "block";
}
