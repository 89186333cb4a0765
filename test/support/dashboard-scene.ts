/** A dashboard of a believable factory, on loopback, with the real parts: store, intake, view, pages; acts are noted. */
import { mkdtemp, rm } from "node:fs/promises";
import { type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import type { HttpServer } from "../../src/adapters/http-server.ts";
import { serveHttp } from "../../src/adapters/http-server.ts";
import { Access, makeLinkCode } from "../../src/dashboard/access.ts";
import type { Acts } from "../../src/dashboard/acts.ts";
import { buildDashboard } from "../../src/dashboard/app.ts";
import { loadAssets } from "../../src/dashboard/assets.ts";
import { EventStore } from "../../src/dashboard/event-store.ts";
import { FactoryView } from "../../src/dashboard/factory-view.ts";
import { intakeRoutes } from "../../src/dashboard/intake.ts";
import { Transcripts } from "../../src/dashboard/transcripts.ts";
import { describeForge, listEvents } from "./dashboard-events.ts";

const assets = path.join(import.meta.dirname, "../../dashboard");
const KEY = "the dashboard's key";
export const EVENTS_TOKEN = "the events' token";
export const PERSON_TOKEN = "ada's token of the forge";

export interface SceneOptions {
  readonly isOpen?: boolean;
}

export class DashboardScene {
  readonly done: string[] = [];
  readonly folder: string;
  readonly isOpen: boolean;
  view!: FactoryView;
  transcripts!: Transcripts;
  #server!: HttpServer;
  #port = 0;

  private constructor(folder: string, { isOpen = true }: SceneOptions) {
    this.folder = folder;
    this.isOpen = isOpen;
  }

  static async open(options: SceneOptions = {}): Promise<DashboardScene> {
    const folder = await mkdtemp(path.join(tmpdir(), "disinto-dashboard-"));
    const scene = new DashboardScene(folder, options);
    await scene.start();
    return scene;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get linkCode(): string {
    return makeLinkCode(KEY, Math.floor(Date.now() / 1000));
  }

  /** Again on the same port, with what is on disk and nothing else, as after a kill. */
  async start(): Promise<void> {
    const now = () => new Date();
    const view = new FactoryView({ now, hasConnections: true });
    const store = new EventStore(path.join(this.folder, "events"));
    for (const event of store.load()) view.add(event);
    const transcripts = new Transcripts(path.join(this.folder, "transcripts"));
    const access = new Access({ key: KEY, hosts: ["forge.lan"], isOpen: this.isOpen, now });
    const app = buildDashboard({
      factory: "acme",
      view,
      transcripts,
      access,
      canAct: true,
      acts: noteActs(this.done),
      key: KEY,
      projects: ["shop", "site"],
      assets: loadAssets(assets),
      intake: intakeRoutes({ token: EVENTS_TOKEN, view, store, transcripts }),
    });
    this.#server = await serveHttp(app, {
      bind: "127.0.0.1",
      port: this.#port,
      isStreamed: true,
    });
    this.#port = this.#server.port;
    this.view = view;
    this.transcripts = transcripts;
  }

  stop(): void {
    this.#server.close();
  }

  /** A day of a factory, told by its bots. */
  async fill(nowMs = Date.now()): Promise<void> {
    const lines = listEvents(nowMs);
    for (const by of new Set(lines.map((line) => line.by))) {
      const connection = this.connect(by);
      for (const line of lines) if (line.by === by) connection.write(`${JSON.stringify(line)}\n`);
    }
    this.view.setForge(describeForge(nowMs));
    const transcript = { transcript: sessionName, at: 0 };
    const ada = this.connect("ada");
    for (const [at, line] of conversation.entries())
      ada.write(`${JSON.stringify({ ...transcript, at, line: JSON.stringify(line) })}\n`);
    const isThere = () => this.view.history.count >= lines.length;
    while (!isThere() || (this.transcripts.read("ada", sessionName)?.length ?? 0) < 6)
      await new Promise((resolve) => setImmediate(resolve));
  }

  /** A bot's connection; what breaks it is `destroy`. */
  connect(by: string): ClientRequest {
    const headers = { authorization: `Bearer ${EVENTS_TOKEN}` };
    const stream = request(`${this.url}/intake/${by}`, { method: "POST", headers });
    stream.on("error", () => undefined);
    const alive = setInterval(() => stream.write("\n"), 1_000).unref();
    stream.once("close", () => clearInterval(alive));
    stream.flushHeaders();
    return stream;
  }

  async close(): Promise<void> {
    this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const sessionName = "20260101T120000000Z-issue-412";

const conversation = [
  {
    type: "assistant",
    message: { content: [{ type: "thinking", thinking: "The total is rounded twice." }] },
  },
  {
    type: "assistant",
    message: { content: [{ type: "text", text: "I look for where totals are rounded." }] },
  },
  {
    type: "assistant",
    message: {
      content: [
        {
          type: "tool_use",
          name: "Bash",
          input: { command: "grep -rn round src/", description: "Find it" },
        },
      ],
    },
  },
  {
    type: "user",
    message: {
      content: [{ type: "tool_result", content: "src/cart.ts:41: Math.round(total * 100) / 100" }],
    },
  },
  {
    type: "assistant",
    message: {
      content: [
        {
          type: "tool_use",
          name: "Edit",
          input: {
            file_path: "src/cart.ts",
            old_string: "Math.round(total * 100) / 100",
            new_string: "toCents(total)",
          },
        },
      ],
    },
  },
  { type: "result", subtype: "success", result: "Totals are kept in cents and rounded once." },
];

function noteActs(done: string[]): Acts {
  const note = (text: string) => {
    done.push(text);
    return Promise.resolve(`${text}.`);
  };
  return {
    whoIs: async (token) => (token === PERSON_TOKEN ? "ada" : undefined),
    read: async () => ({ title: "T", author: "eve", body: "Do it", hidden: 3, pin: "pin" }),
    approve: (who, { issue, pin }) => note(`${who.login} approves ${issue} ${pin}`),
    retry: (who, { issue }) => note(`${who.login} retries ${issue}`),
    release: (who, { issue }) => note(`${who.login} releases ${issue}`),
    block: (who, { issue }) => note(`${who.login} blocks ${issue}`),
    pause: (who, bot) => note(`${who.login} pauses ${bot ?? "all"}`),
    resume: (who, bot) => note(`${who.login} resumes ${bot ?? "all"}`),
    file: (who, { project, title }) => note(`${who.login} files ${title} in ${project}`),
  };
}
