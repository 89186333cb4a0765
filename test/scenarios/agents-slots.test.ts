/** Slots of a model's server among real bots that are killed and restarted; who is in a session is counted from outside. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ModelServer } from "../model-server/server.ts";
import { repo } from "../support/factory-description.ts";
import type { IssueView } from "../support/forge-view.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

const names = Array.from({ length: 8 }, (_, at) => `dev-${at + 1}`);

let template: Template;
let scene: Scene | undefined;
let sessions: Sessions;
/** Asked for nothing but how many slots it has. */
let server: ModelServer;

/** A session says whose it is, lasts until it is told to end, and dies with its bot, as it does in a container. */
const coder = (port: number) => `
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
const bot = process.ppid;
setInterval(() => process.ppid === bot || process.exit(1), 20);
// With a model of its own it waits for a slot, by asking; the answer does not matter.
const { OPENAI_BASE_URL: url, OPENAI_API_KEY: key } = process.env;
if (url)
  await fetch(url + "/chat/completions", {
    method: "POST",
    headers: { authorization: "Bearer " + key },
    body: JSON.stringify({ messages: [{ role: "user", content: "hi" }] }),
  });
const socket = connect(${port}, "127.0.0.1", () => socket.write(process.env.HOME));
socket.once("data", () => {
  writeFileSync(process.env.DISINTO_RESULT, '{"refused": "already-done"}');
  process.exit();
});
`;

class Sessions {
  readonly #server: Server = createServer((socket) => this.#take(socket));
  /** With the home of each, once it is known. */
  readonly open = new Map<Socket, string>();
  most = 0;

  static async start(): Promise<Sessions> {
    const sessions = new Sessions();
    sessions.#server.listen(0, "127.0.0.1");
    await once(sessions.#server, "listening");
    return sessions;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async endOldest(): Promise<void> {
    const [oldest] = this.open.keys();
    oldest?.write("end");
    await this.isGone(oldest);
  }

  async isGone(session: Socket | undefined): Promise<void> {
    await until("a session is over", async () => !session || !this.open.has(session));
  }

  close(): void {
    for (const socket of this.open.keys()) socket.destroy();
    this.#server.close();
  }

  #take(socket: Socket): void {
    this.open.set(socket, "");
    this.most = Math.max(this.most, this.open.size);
    socket.on("data", (home) => this.open.set(socket, String(home)));
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.open.delete(socket));
  }
}

beforeAll(async () => {
  sessions = await Sessions.start();
  server = await ModelServer.start({ conversations: [], slots: 4 });
  template = await Template.create({
    devs: names,
    reviewers: [],
    coder: [process.execPath, "--input-type=module", "-e", coder(sessions.port)],
  });
});

afterEach(() => scene?.close());
afterAll(async () => {
  sessions?.close();
  await server?.close();
});

test.each([
  { slots: 1, from: "the configuration", bots: 2, issues: 4 },
  { slots: 4, from: "the server", bots: 8, issues: 8 },
])(
  "$slots slots by $from, $bots bots: as many sessions at once and never one more, through kills and restarts",
  async ({ slots, from, bots, issues }) => {
    scene = await Scene.open(template);
    const { forge, processes, view, folder } = scene;
    sessions.most = 0;
    for (let at = 0; at < issues; at++)
      await forge.issues(repo).open({ title: `Do ${at}`, body: "", labels: ["backlog"] });
    const start = (name: string) => {
      const told = scene?.environmentOf(name);
      const count = from === "the server" ? {} : { AGENT_SLOTS: `${slots}` };
      const shared = {
        AGENT_BACKEND: server.url,
        ANTHROPIC_BASE_URL: server.url,
        AGENT_POLL_INTERVAL: "0.4",
      };
      scene?.startBot(name, { ...told, ...shared, ...count });
    };
    const look = async () => {
      const refs = [...(await view.refs()).keys()];
      const isDone = (one: IssueView) => one.labels.includes("blocked");
      const open = (await view.issues()).filter((one) => !isDone(one)).length;
      return { open, claimed: refs.filter((ref) => ref.includes("/claims/")).length };
    };
    const ownerOf = (home: string) => names.find((name) => home.startsWith(`${folder}/${name}/`));

    const ownerOfOldest = () => ownerOf([...sessions.open.values()][0] ?? "");
    const restart = async (name = "") => {
      const own = [...sessions.open].find(([, home]) => ownerOf(home) === name);
      await processes.kill(name);
      await sessions.isGone(own?.[0]);
      start(name);
    };

    for (const name of names.slice(0, bots)) start(name);
    for (let round = 1; ; round++) {
      const left = await until("as many are in session as can be", async () => {
        expect(sessions.most).toBeLessThanOrEqual(slots);
        const { open, claimed } = await look();
        const known = [...sessions.open.values()].filter(ownerOf).length;
        if (open === 0 && claimed === 0) return { open };
        return known === Math.min(slots, open) && claimed === Math.min(bots, open) && { open };
      });
      if (left.open === 0) break;
      if (round % 2 === 0) await restart(round % 4 === 0 ? names[bots - 1] : ownerOfOldest());
      await sessions.endOldest();
    }

    expect(sessions.most).toBe(slots);
    const found = await view.issues();
    expect(found.filter(({ labels }) => labels.includes("blocked"))).toHaveLength(issues);
  },
  300_000,
);
