/** Carries out steps in their order, each by the handler of its kind. Decides nothing. */
import type { Step } from "../core/step.ts";

interface Kind {
  readonly kind: string;
}

/** What is done for each kind of action; a kind without a handler does not compile. */
export type Handlers<Action extends Kind> = {
  readonly [K in Action["kind"]]: (action: Extract<Action, { kind: K }>) => Promise<unknown>;
};

export interface Execution<Action extends Kind> {
  readonly steps: readonly Step<Action>[];
  readonly handlers: Handlers<Action>;
  /** Called before each step. */
  readonly announce?: (step: Step<Action>) => void;
  /** Looks again and plans again; what is still to do is not done. */
  readonly replan: () => Promise<readonly Step<Action>[]>;
  readonly explain: (open: readonly Step<Action>[]) => Error | Promise<Error>;
}

/** What counts is what is seen afterwards, not what a handler was told. */
export async function execute<Action extends Kind>(execution: Execution<Action>): Promise<void> {
  const { steps, handlers, announce, replan, explain } = execution;
  if (steps.length === 0) return;
  for (const step of steps) {
    announce?.(step);
    await findHandler(handlers, step.action)(step.action);
  }
  const open = await replan();
  if (open.length > 0) throw await explain(open);
}

function findHandler<Action extends Kind>(
  handlers: Handlers<Action>,
  { kind }: Action,
): (action: Action) => Promise<unknown> {
  return handlers[kind as Action["kind"]] as (action: Action) => Promise<unknown>;
}
