/** What of the factory's Woodpecker keeps changes waiting though every bot runs: it is away, has no agent, or is told nothing. */
import { deriveActivation, findWebhook } from "../core/ci-activation.ts";
import type { Factory } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import type { Problem } from "../core/problems.ts";
import { DisintoError } from "../errors.ts";
import type { CiAccount, CiServer } from "../ports/ci-admin.ts";
import type { Clock } from "../ports/clock.ts";
import type { ForgeAdmin } from "../ports/forge-admin.ts";
import { env } from "../settings/env.ts";

export interface CiLook {
  readonly factory: Factory;
  readonly environment: ReadonlyMap<string, string>;
  readonly ciServer: (place: {
    readonly url: string;
    readonly forgeUrl: string;
  }) => Promise<CiServer>;
  readonly forge: Pick<ForgeAdmin, "hooks">;
  readonly clock: Clock;
}

/** An agent asks for work all the time, and for a moment between two requests it is not there. */
const SECOND_LOOK_MS = 1_500;

export async function findCiProblems(look: CiLook): Promise<readonly Problem[]> {
  const { factory, environment, ciServer, forge } = look;
  const desired = deriveActivation(factory);
  const token = environment.get(env.ciAccountToken.key);
  if (!desired || !token) return [];
  const server = await ciServer({ url: factory.ci.url, forgeUrl: factory.forge.url });
  const failure = await server.examine();
  if (failure !== undefined)
    return [toProblem(`Woodpecker is away: ${failure}`, "disinto logs woodpecker")];
  const hooks = desired.repositories.map(async (repo): Promise<readonly Problem[]> => {
    const hook = findWebhook(await forge.hooks.list(repo), factory.ci.url);
    if (hook?.isActive) return [];
    const what = hook ? "the webhook of" : "the forge has no webhook of";
    const state = hook ? "is switched off" : "";
    const text = `${what} ${formatRepo(repo)} to Woodpecker ${state}`.trim();
    return [toProblem(`${text}: no change is checked`, "disinto init")];
  });
  return [
    ...(await findAgentProblems(look, server.as(token))),
    ...(await Promise.all(hooks)).flat(),
  ];
}

async function findAgentProblems({ clock }: CiLook, account: CiAccount) {
  try {
    let seen = await account.agents();
    if (!seen.isAnyThere) {
      await clock.sleep(SECOND_LOOK_MS);
      seen = await account.agents();
    }
    if (seen.isAnyThere) return [];
    const waiting = seen.waiting === 0 ? "" : `, ${seen.waiting} wait`;
    return [
      toProblem(`no agent of Woodpecker runs workflows${waiting}`, "disinto logs woodpecker-agent"),
    ];
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
    return [toProblem(error.message, "disinto init")];
  }
}

function toProblem(text: string, command: string): Problem {
  return { kind: "ci", text: `${text} (${command})`, command };
}
