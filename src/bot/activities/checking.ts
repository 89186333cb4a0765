import type { Ci } from "../../core/factory.ts";
import type { Status } from "../../ports/forge.ts";
import type { Outcome, State } from "../machine.ts";
import { type BotTools, projectOf } from "../tools.ts";

/** Waits until the required contexts of the head are decided. */
export function check(
  tools: BotTools,
  { work }: State<"checking">,
  signal: AbortSignal,
): Promise<Outcome<"checking">> {
  const { project, statuses, pulls, claims } = projectOf(tools, work.project);
  return claims.under(work.issue, signal, async (_, signal) => {
    for (;;) {
      const verdict = judgeStatuses(project.ci, await statuses.of(work.head));
      if (verdict) return verdict;
      const { state, merged } = await pulls.get(work.pull);
      if (state === "closed" && !merged)
        return { type: "stuck", reason: "a person closed the pull request" };
      await tools.clock.sleep(tools.pollIntervalMs, signal);
      signal.throwIfAborted();
    }
  });
}

/** Undefined while a required context is missing or pending. Optional contexts decide nothing. */
export function judgeStatuses(
  ci: Ci,
  statuses: readonly Status[],
): Exclude<Outcome<"checking">, { type: "lost" }> | undefined {
  if (ci.required.length === 0) {
    if (ci.whenAbsent === "pass") return { type: "green" };
    return {
      type: "stuck",
      reason:
        'the project requires no CI context: name them in ci.required, or set ci.when_absent = "pass"',
    };
  }
  const required = ci.required.map((context) =>
    statuses.find((status) => status.context === context),
  );
  const red = required.filter((status) => status?.state === "failure");
  if (required.some((status) => status === undefined || status.state === "pending"))
    return undefined;
  if (red.length === 0) return { type: "green" };
  return {
    type: "red",
    reason: red.map((status) => `${status?.context} is red: ${status?.description}`).join("\n"),
  };
}
