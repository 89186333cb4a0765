/** Why a bot begins nothing new: the primary branch is red, the model's server away, a budget used up. Seen by all bots, said once. */

import { deriveBreakerRef } from "../../bot/leases/refs.ts";
import { deriveBackendBreaker } from "../../bot/session/model-gate.ts";
import type { BotTools } from "../../bot/tools.ts";
import type { ObservedBacklog } from "./backlog.ts";

/** Whoever opened a breaker of the model's server tries it again with its own work; after so long, anybody does. */
const PATIENCE_MS = 10 * 60_000;

export class Holds {
  readonly #tools: BotTools;
  /** The breaker last seen open, and since when. */
  #away: { readonly at: string; readonly sinceMs: number } | undefined;

  constructor(tools: BotTools) {
    this.#tools = tools;
  }

  /** Returns undefined if the bot may begin new work. */
  async findReason(seen: ObservedBacklog): Promise<string | undefined> {
    const { spending } = this.#tools;
    const { name } = seen.backlog.target.project;
    return (
      (await this.#redPrimary(seen)) ??
      (await this.#backendAway()) ??
      (await spending.findHeld(name))
    );
  }

  /** Held until it is green again, not only until it is no more red: a new head may be as broken as the old one. */
  async #redPrimary({ backlog, snapshot }: ObservedBacklog): Promise<string | undefined> {
    const { breakers, project } = backlog.target;
    const { events } = this.#tools;
    const name = `primary/${project.primaryBranch}`;
    const stands = snapshot.refs.has(deriveBreakerRef(name));
    const primary = await backlog.judgePrimary(snapshot);
    if (primary.type === "red") {
      const { reason } = primary;
      if (!stands && (await breakers.open(name, { cause: "red", reason })) === "opened")
        events.append({ type: "breaker.opened", breaker: `${name} of ${project.name}`, reason });
      return reason;
    }
    if (!stands) return undefined;
    if (primary.type === "undecided")
      return `${project.primaryBranch} was red, and its checks have not finished yet`;
    if ((await breakers.close(name)) === "closed")
      events.append({ type: "breaker.closed", breaker: `${name} of ${project.name}` });
    return undefined;
  }

  async #backendAway(): Promise<string | undefined> {
    const { backend, breakers, clock, holder } = this.#tools;
    const breaker = await breakers.read(deriveBackendBreaker(backend));
    if (!breaker || breaker.by === holder) return undefined;
    const nowMs = clock.monotonicMs();
    if (this.#away?.at !== breaker.at) this.#away = { at: breaker.at, sinceMs: nowMs };
    if (nowMs - this.#away.sinceMs > PATIENCE_MS) return undefined;
    return `the model's server does not work: ${breaker.reason}`;
  }
}
