/** One session's way to its model: the gateway, held to the session's limits, and what was seen when it had to end. */
import type { Capacity } from "../../core/model-window.ts";
import type { Session } from "../../ports/harness.ts";
import type { EndedBy } from "../agent/process.ts";
import type { ProcessFault } from "../session/process-fault.ts";
import { type GatewayStats, ModelGateway } from "./gateway.ts";
import { readServing } from "./model-server.ts";

export interface ModelAccess {
  readonly baseUrl: string;
  readonly name: string;
  /** Asked before each session; it may have been renewed. */
  readonly readKey: () => Promise<string | undefined>;
  /** What the configuration says of it. */
  readonly operator: Capacity;
}

interface Opening {
  readonly session: Session;
  readonly redact: (text: string) => string;
  /** US dollars, as far as the agent says. */
  readonly spent: { readonly money: number };
}

interface Running {
  stop(cut: EndedBy): void;
  noteActivity(): void;
  standStill<Result>(until: () => Promise<Result>): Promise<Result>;
}

export class ModelSession {
  readonly window: number | undefined;
  readonly #gateway: ModelGateway;
  readonly #name: string;
  readonly #watch: Watch;

  private constructor(made: {
    window: number | undefined;
    gateway: ModelGateway;
    name: string;
    watch: Watch;
  }) {
    this.window = made.window;
    this.#gateway = made.gateway;
    this.#name = made.name;
    this.#watch = made.watch;
  }

  static async open(
    { baseUrl, name, readKey, operator }: ModelAccess,
    { session, redact, spent }: Opening,
  ): Promise<ModelSession> {
    const key = await readKey();
    const { kind, window } = await readServing({ baseUrl, key, model: name }, operator);
    const watch: Watch = {};
    const gateway: ModelGateway = await ModelGateway.open({
      baseUrl,
      key,
      redact,
      watch: { kind, model: name, firstTokenMs: session.firstTokenMs },
      admit: async () => {
        await waitForTurn(session, watch);
        const limit =
          findLimit(session, gateway.stats, spent.money) ?? (await findBudget(session.meter));
        if (!limit) return undefined;
        watch.stop ??= limit;
        watch.process?.stop("stopped");
        return limit.reason;
      },
      onTurn: async ({ inputTokens, outputTokens }) =>
        session.meter?.note({ inputTokens, outputTokens, money: spent.money }),
      onActivity: () => watch.process?.noteActivity(),
      onFaults: () => watch.process?.stop("stopped"),
    });
    return new ModelSession({ window, gateway, name, watch });
  }

  /** What the agent is told. */
  get ended() {
    const { url, sessionKey } = this.#gateway;
    return { url, key: sessionKey, name: this.#name, contextWindow: this.window };
  }

  get seen() {
    const { stop, wasWaiting = false } = this.#watch;
    return { seen: this.#gateway.stats, stop, wasWaiting };
  }

  /** What is ended when the session comes to a limit, and what shows signs of life. */
  attach(process: Running): void {
    this.#watch.process = process;
  }

  /** The process is being ended: whether an answer was awaited then tells whose fault it is. */
  noteCut(): void {
    this.#watch.wasWaiting = this.#gateway.stats.isWaiting;
  }

  close(): Promise<void> {
    return this.#gateway.close();
  }
}

interface Watch {
  stop?: ProcessFault;
  wasWaiting?: boolean;
  process?: Running;
}

/** A server of others' turns is not what a session's limits are for. */
async function waitForTurn({ beforeTurn }: Session, { process }: Watch): Promise<void> {
  if (!beforeTurn) return;
  await (process ? process.standStill(beforeTurn) : beforeTurn());
}

async function findBudget(meter: Session["meter"]): Promise<ProcessFault | undefined> {
  const reason = await meter?.refuse();
  return reason === undefined ? undefined : { fault: "budget", reason };
}

/** Before a turn: what of the session's limits is used up. */
function findLimit(
  { turns, tokens, money }: Session,
  seen: GatewayStats,
  spent: number,
): ProcessFault | undefined {
  if (turns !== undefined && seen.turns >= turns)
    return { fault: "turns", reason: `the session reached its limit of ${turns} turns` };
  const used = seen.inputTokens + seen.outputTokens;
  if (tokens !== undefined && used >= tokens)
    return { fault: "tokens", reason: `the session used ${used} of its ${tokens} tokens` };
  if (money !== undefined && spent >= money)
    return { fault: "money", reason: `the session cost ${spent} of its ${money} US dollars` };
  return undefined;
}
