/** A real coding agent behind its harness, in a fresh folder, before a scripted model server. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "vitest";
import { ownUser } from "../../src/adapters/session-user/session-user.ts";
import { buildAgentHarness } from "../../src/harness/agent/harness.ts";
import { buildClaudeCode } from "../../src/harness/claude-code/agent.ts";
import { buildOpencode } from "../../src/harness/opencode/agent.ts";
import type { Session, SessionEnd } from "../../src/ports/harness.ts";
import type { Script } from "../model-server/script.ts";
import { ModelServer } from "../model-server/server.ts";
import { installAgents } from "./install.ts";

const agents = await installAgents();
if ("missing" in agents) process.stderr.write(`skipped: ${agents.missing}\n`);

export const agentTest = test.skipIf("missing" in agents);
/** For PATH; nothing where they are missing. */
export const agentsFolder = "missing" in agents ? "" : agents.bin;
/** Each by itself, as one file. */
export const agentPrograms =
  "missing" in agents ? {} : { claude: agents.claude, opencode: agents.opencode };

export type AgentName = "claude-code" | "opencode";

export interface Scene {
  readonly folder: string;
  readonly dataFolder: string;
  readonly server: ModelServer;
  run(session?: Partial<Session>): Promise<SessionEnd>;
  close(): Promise<void>;
}

interface Setting {
  readonly script: Script;
  readonly model?: string;
  readonly key?: string;
  readonly program?: string;
  readonly baseUrl?: string;
  readonly reviews?: boolean;
  /** What the operator says of the window. */
  readonly context?: number;
  readonly redact?: (text: string) => string;
}

export async function buildScene(name: AgentName, setting: Setting): Promise<Scene> {
  const root = await mkdtemp(path.join(tmpdir(), "agent-"));
  const folder = await mkdtemp(path.join(root, "work-"));
  const dataFolder = path.join(root, "data");
  const server = await ModelServer.start(setting.script);
  await mkdir(dataFolder);
  const close = async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  };
  const harness = buildAgentHarness({
    agent: buildAgent(name, setting.program),
    model: {
      baseUrl: setting.baseUrl ?? server.url,
      readKey: async () => setting.key,
      name: setting.model ?? "default",
      operator: { slots: undefined, context: setting.context },
    },
    stateFolder: path.join(dataFolder, "state"),
    pathVariable: process.env.PATH,
    user: ownUser,
    transcripts: {
      folder: path.join(dataFolder, "transcripts"),
      redact: setting.redact ?? ((text) => text),
    },
    mayAnswerByMessage: setting.reviews ?? false,
  });
  const run = (session: Partial<Session> = {}) =>
    harness.run({
      folder,
      prompt: "please write a greeting",
      environment: {},
      timeoutMs: 120_000,
      silenceMs: 120_000,
      signal: new AbortController().signal,
      ...session,
    });
  return { folder, dataFolder, server, run, close };
}

function buildAgent(name: AgentName, program: string | undefined) {
  const installed = "missing" in agents ? { claude: "", opencode: "" } : agents;
  return name === "claude-code"
    ? buildClaudeCode({ program: program ?? installed.claude, compactPct: undefined })
    : buildOpencode({ program: program ?? installed.opencode });
}
