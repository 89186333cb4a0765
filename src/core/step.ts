/** One thing to do, and why: what every planner answers and the one executor carries out. */

export interface Step<Action extends { readonly kind: string }> {
  readonly action: Action;
  readonly because: string;
}
