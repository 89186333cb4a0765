/** What `disinto init` asks about the CI of a new factory, and about the name under which everything finds forge and CI. */
import { findMachineName } from "../apply/machine-name.ts";
import { ciProviders, DEFAULT_CI, WOODPECKER } from "../ci/definitions.ts";
import { namesOf } from "../core/kinds.ts";
import type { Answers } from "../core/setup.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import type { Questions } from "../ports/questions.ts";
import { env } from "../settings/env.ts";

export interface CiAnswers {
  readonly ci?: string | undefined;
  readonly machine?: string | undefined;
}

/** Asks only where the forge can serve a CI that people sign in to, and nobody has said it. */
export async function askCi(
  { choose, text }: Questions,
  given: Answers,
  asked: string | undefined,
): Promise<CiAnswers> {
  const kind = namesOf(forgeKinds).find((name) => name === given[env.forge.key]);
  if (!kind || !forgeKinds[kind].service?.servesCi) return { ci: asked };
  const offered = [WOODPECKER, DEFAULT_CI].map((value) => {
    return { value, label: ciProviders[value].meaning };
  });
  const ci = asked ?? (await choose("What shall run the project's checks?", offered));
  if (ci !== WOODPECKER || given[env.forgeUrl.key] !== undefined) return { ci };
  const here = await findMachineName();
  const machine = await text({
    question: "Under which name do browsers and containers find this machine?",
    ...(here && { offered: here.name }),
    validate: (name) =>
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) && !/^[\d.]+$|localhost$/.test(name)
        ? undefined
        : "write a name in lower case: no address, and not localhost",
  });
  return { ci, machine };
}
