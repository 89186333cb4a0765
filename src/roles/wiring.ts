/** The loop of each role, loaded by the bots that have it. */
import type { RunRole } from "../bot/loop/role-run.ts";
import type { Role } from "./definitions.ts";

export const roleLoops: Readonly<Record<Role, () => Promise<RunRole>>> = {
  dev: async () => (await import("./dev/run.ts")).runDev,
  review: async () => (await import("./review/run.ts")).runReview,
};
