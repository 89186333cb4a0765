/** Says once that a budget is reached or over its soft limit, and once that it is free again. */
import type { BudgetScope, Question, ReachedLimit } from "../../core/budgets.ts";
import type { EventLog } from "../../ports/event-log.ts";

interface BudgetState {
  readonly scopes: readonly BudgetScope[];
  readonly question: Question;
  readonly hard: readonly ReachedLimit[];
  readonly soft: readonly ReachedLimit[];
}

export class BudgetEvents {
  readonly #events: EventLog;
  /** By scope: what was told last. */
  readonly #told = new Map<string, { readonly budget: string; readonly level: string }>();

  constructor(events: EventLog) {
    this.#events = events;
  }

  report({ scopes, question, hard, soft }: BudgetState): void {
    for (const scope of scopes) {
      const isOf = (one: ReachedLimit) => one.scope === scope;
      const full = hard.find(isOf);
      const reached = full ?? soft.find(isOf);
      const state = reached && { ...reached, level: full ? "hard" : "soft" };
      this.#note(keyOf(scope, question), question.subject, state);
    }
  }

  #note(
    key: string,
    { project, issue }: Question["subject"],
    reached: (ReachedLimit & { readonly level: string }) | undefined,
  ): void {
    const before = this.#told.get(key);
    if (before?.budget === reached?.budget && before?.level === reached?.level) return;
    if (before && before.budget !== reached?.budget)
      this.#events.append({ type: "budget.free", budget: before.budget });
    this.#told.delete(key);
    if (!reached) return;
    const { budget, level, reason, scope } = reached;
    this.#told.set(key, { budget, level });
    const about = scope.per === "issue" && issue !== undefined ? { issue } : {};
    this.#events.append({ type: "budget.reached", budget, level, reason, project, ...about });
  }
}

/** A day's budget of tomorrow is the same scope, and frees today's. */
function keyOf({ of, per }: BudgetScope, { bot, subject }: Question): string {
  const whose = { factory: "", project: subject.project, bot }[of];
  return [of, per, whose, ...(per === "issue" ? [subject.project, subject.issue] : [])].join(" ");
}
