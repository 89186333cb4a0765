/** All commands on one screen; each stands in commands/ with its arguments and flags, and loads its code when it is called. */
import type { Entry } from "./command.ts";
import { approve, block, doctor, prune, release, retry, rotate } from "./commands/repair.ts";
import { agent, down, fire, generate, hireAnAgent, pause, resume, up } from "./commands/run.ts";
import { secrets } from "./commands/secrets.ts";
import { agents, config, cost, issue, logs, plan, status } from "./commands/see.ts";
import { ci, egress, forge } from "./commands/services.ts";
import { demo, init } from "./commands/start.ts";
import { gitCredential, sync } from "./commands/sync.ts";
import { dashboard } from "./commands/watch.ts";

interface CommandSection {
  readonly title: string;
  readonly commands: readonly Entry[];
}

/** Commands, in the order of help. */
export const commandSections: readonly CommandSection[] = [
  { title: "Start here", commands: [init, demo] },
  { title: "Run", commands: [up, down, sync, pause, resume, hireAnAgent, fire, agent, generate] },
  { title: "See", commands: [status, dashboard, agents, issue, ci, cost, logs, plan, config] },
  { title: "Repair", commands: [doctor, approve, block, retry, release, rotate, prune] },
  { title: "Secrets", commands: [secrets] },
  { title: "For services", commands: [forge, egress, gitCredential] },
];
