/** The harnesses `claude-code` and `opencode` with the real agents. What the model says is scripted; all else is real. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect } from "vitest";
import { buildHarness } from "../../src/harness/wiring.ts";
import type { SessionEnd } from "../../src/ports/harness.ts";
import type { Answer, Script } from "../model-server/script.ts";
import { ModelServer } from "../model-server/server.ts";
import { agentsFolder, agentTest, buildScene, type Scene } from "./agents.ts";
import { plantTraps } from "./traps.ts";

const say = (...answers: readonly Answer[]): Script => ({ conversations: [{ answers }] });

const stubborn = `trap "" TERM; touch "$1"; while true; do sleep 1; done`;
const verdict = { verdict: "approve", body: "good" };
/** All of a session's life in one, since each start of an agent takes seconds. */
const life: Script = {
  context: 50_000,
  ...say(
    { acts: [{ write: { path: "greeting.txt", content: "hello\n" } }] },
    { acts: [{ bash: "env; tr '\\0' '\\n' < /proc/$PPID/environ" }] },
    {
      acts: [
        {
          bash: `setsid sh -c '${stubborn}' x "$PWD/up" >/dev/null 2>&1 & until [ -e up ]; do sleep 0.1; done`,
        },
      ],
    },
    { text: `I looked.\n\`\`\`json\n${JSON.stringify(verdict)}\n\`\`\`` },
  ),
};

describe.each(["claude-code", "opencode"] as const)("%s", (name) => {
  let begun: Promise<{ scene: Scene; end: SessionEnd; trap: string }> | undefined;
  const live = () => {
    begun ??= (async () => {
      const key = "sk-the-models-key";
      const redact = (text: string) => text.replaceAll("DISINTO_RESULT", "[redacted]");
      const script = { ...life, key };
      const scene = await buildScene(name, { script, key, redact, reviews: true });
      const trap = path.join(scene.dataFolder, "trap");
      await plantTraps(scene.folder, trap);
      process.env.FORGE_TOKEN = "the-forges-token";
      const end = await scene.run({ environment: { DISINTO_ISSUE: "7" } });
      delete process.env.FORGE_TOKEN;
      return { scene, end, trap };
    })();
    return begun;
  };
  afterAll(async () => (await begun)?.scene.close());

  agentTest("edits a file, and what it used is what the server counted", async () => {
    const { scene, end } = await live();

    const { turns, inputTokens, outputTokens } = scene.server.stats;
    expect(await readFile(path.join(scene.folder, "greeting.txt"), "utf8")).toBe("hello\n");
    expect(end).toMatchObject({
      type: "finished",
      session: expect.any(String),
      usage: { turns: 4, toolCalls: 3, inputTokens, outputTokens, money: 0 },
    });
    expect(turns).toBe(4);
  });

  agentTest("asks for the served model alone, and begins each turn as the one before", async () => {
    const { scene } = await live();

    const bodies = scene.server.requests.map(({ body }) => body as Turn);
    const names = new Set(bodies.map(({ model }) => model));
    const beginnings = new Set(
      bodies.map(({ system, tools, messages: [first] }) => {
        return JSON.stringify([system, tools, first]);
      }),
    );
    expect([...names]).toEqual(["default"]);
    expect(beginnings.size).toBe(1);
    // Its number follows from the prompt: one session would begin otherwise than the next.
    expect([...beginnings].join()).not.toContain("x-anthropic-billing-header");
    expect(bodies).toHaveLength(4);
  });

  agentTest("shows what it runs no credential, and none reaches the model", async () => {
    const { scene } = await live();

    const reached = JSON.stringify(scene.server.requests.map(({ body }) => body));
    expect(reached).toContain("DISINTO_ISSUE=7");
    expect(reached).not.toMatch(/sk-the-models-key|the-forges-token/);
  });

  agentTest(
    "takes nothing of a hostile repository that would run or turn it elsewhere",
    async () => {
      const { scene, trap } = await live();

      expect(existsSync(trap)).toBe(false);
      expect(existsSync(path.join(scene.folder, ".opencode", "plugin", "trap.js"))).toBe(true);
    },
  );

  agentTest(
    "leaves no process behind, though it ignores signals in a group of its own",
    async () => {
      const { scene } = await live();

      const all = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
      expect(existsSync(path.join(scene.folder, "up"))).toBe(true);
      expect(all.filter((line) => line.includes(`${scene.folder}/up`))).toEqual([]);
    },
  );

  agentTest("leaves a redacted transcript", async () => {
    const { scene } = await live();

    const folder = path.join(scene.dataFolder, "transcripts");
    const [file = "", ...others] = await readdir(folder);
    const transcript = await readFile(path.join(folder, file), "utf8");
    expect(others).toEqual([]);
    expect(transcript).toContain("I looked.");
    expect(transcript).toContain("[redacted]=");
    expect(transcript).not.toContain("DISINTO_RESULT");
    if (name === "claude-code") expect(transcript).toContain('"contextWindow":50000,');
  });

  agentTest("gives a reviewer's verdict as its last message", async () => {
    const { end } = await live();

    expect(end).toMatchObject({ type: "finished", verdict });
  });

  agentTest("goes on with its own session", async () => {
    const { scene, end } = await live();
    const asked = scene.server.requests.length;

    const next = await scene.run({ prompt: "and now the second part", resume: end.session });

    const body = JSON.stringify(scene.server.requests.at(-1)?.body);
    expect(next).toMatchObject({ type: "finished", usage: { turns: 1 }, session: end.session });
    expect(scene.server.requests.length).toBe(asked + 1);
    expect(body).toContain("please write a greeting");
    expect(body).toContain("and now the second part");
  });

  agentTest(
    "begins anew where its session is gone, and a verdict's file goes before the last message",
    async () => {
      const acts = [{ bash: `echo '{"verdict":"request-changes"}' > "$DISINTO_RESULT"` }];
      const text = JSON.stringify(verdict);
      const { run, server, close } = await buildScene(name, {
        script: say({ acts }, { text }),
        reviews: true,
      });

      const end = await run({ resume: lostSession[name] });
      await close();

      expect(end).toMatchObject({ type: "finished", verdict: { verdict: "request-changes" } });
      expect(server.stats.turns).toBe(2);
    },
  );

  agentTest("is ended at its turns, and the server is asked no more", async () => {
    const script = say({ acts: [{ bash: "true" }] });
    const { server, run, close } = await buildScene(name, { script });

    const end = await run({ turns: 2 });
    await close();

    expect(end).toMatchObject({ type: "failed", fault: "turns", usage: { turns: 2 } });
    expect(server.requests.length).toBe(2);
  });
});

agentTest(
  "a login that was renewed is used with the next session, and stays with the runner",
  async () => {
    const home = await mkdtemp(path.join(tmpdir(), "agent-login-"));
    const [folder, dataFolder, loginFolder] = ["work", "data", "shared"].map((name) =>
      path.join(home, name),
    ) as [string, string, string];
    for (const one of [folder, dataFolder, loginFolder]) await mkdir(one);
    const logIn = async (accessToken: string) => {
      const login = JSON.stringify({ claudeAiOauth: { accessToken, refreshToken: "sk-ant-ort" } });
      await writeFile(path.join(loginFolder, ".credentials.json"), login);
    };
    const token = "sk-ant-oat01-renewed";
    const acts = [{ bash: "env; tr '\\0' '\\n' < /proc/$PPID/environ" }];
    const server = await ModelServer.start({ key: token, ...say({ acts }, { text: "Done." }) });
    const model = { baseUrl: server.url, key: undefined, loginFolder, name: "m" };
    const learnt: unknown[] = [];
    const harness = buildHarness(
      {
        harness: "claude-code",
        command: [],
        model: { ...model, context: undefined, compactPct: undefined },
        dataFolder,
        separation: undefined,
      },
      "dev",
      {
        environment: { PATH: `${agentsFolder}:${process.env.PATH}` },
        redact: (text) => text,
        learnSecrets: (secrets) => learnt.push(...secrets),
      },
    );
    const run = () =>
      harness.run({
        folder,
        prompt: "do it",
        environment: {},
        timeoutMs: 120_000,
        silenceMs: 120_000,
        signal: new AbortController().signal,
      });

    await logIn("sk-ant-oat01-expired");
    const refused = await run();
    await logIn(token);
    const end = await run();
    await server.close();
    await rm(home, { recursive: true });

    expect(refused).toMatchObject({ type: "failed", fault: "refused-key" });
    expect(end).toMatchObject({ type: "finished", usage: { turns: 2 } });
    expect(learnt).toContainEqual([expect.any(String), token]);
    const reached = JSON.stringify(server.requests.map(({ body }) => body));
    expect(reached).toContain("CLAUDE_CODE_MAX_RETRIES");
    expect(reached).not.toMatch(/sk-ant-|CLAUDE_SHARED_DIR/);
  },
);

/** What a local server keeps in its cache between two turns is what they have in common from the start. */
interface Turn {
  readonly model: string;
  readonly system?: unknown;
  readonly tools: unknown;
  readonly messages: readonly unknown[];
}

const lostSession = {
  "claude-code": "00000000-0000-4000-8000-000000000000",
  opencode: "ses_000000000000000000000000",
} as const;
